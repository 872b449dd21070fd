import * as z from 'zod';
import { defineAttack } from '../base/define-attack';
import { optimizationParameters } from './optimization-parameters';

/** Carlini and Wagner's L2 attack, IEEE S&P 2017. */
const cwParameters = z.strictObject({
  name: z
    .literal('cw')
    .describe(
      'The smallest L2 perturbation by optimisation: strong and slow (Carlini and Wagner, S&P 2017).',
    ),
  ...optimizationParameters,
});

export type CwParameters = z.output<typeof cwParameters>;

export const cw = defineAttack({
  parameters: cwParameters,
  title: 'C&W',
  minimal: true,
  norms: ['l2'],
  usual: () => ({}),
  draws: () => false,
  load: async () => (await import('./cw')).createCw,
});
