import * as z from 'zod';
import { optimizationParameters } from './optimization-parameters';

/** Carlini and Wagner's L2 attack, IEEE S&P 2017. */
export const cwParameters = z.strictObject({
  name: z
    .literal('cw')
    .describe(
      'The smallest L2 perturbation by optimisation: strong and slow (Carlini and Wagner, S&P 2017).',
    ),
  ...optimizationParameters,
});

export type CwParameters = z.output<typeof cwParameters>;
