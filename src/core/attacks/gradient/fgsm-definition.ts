import * as z from 'zod';
import { pixelFraction } from '../../fraction';
import { defineAttack } from '../base/define-attack';
import { targetParameters } from '../parameters/target-schema';

/** Fast Gradient Sign Method, Goodfellow et al. 2015. */
const fgsmParameters = z.strictObject({
  name: z.literal('fgsm').describe('One step along the sign of the gradient (Goodfellow et al., ICLR 2015).'),
  epsilon: pixelFraction.prefault('8/255'),
  ...targetParameters,
});

export type FgsmParameters = z.output<typeof fgsmParameters>;

export const fgsm = defineAttack({
  parameters: fgsmParameters,
  title: 'FGSM',
  norms: ['linf'],
  weakerThan: 'pgd',
  usual: () => ({}),
  draws: () => false,
  steps: ({ epsilon }) => ({ epsilon, stepSize: epsilon, steps: 1 }),
  load: async () => (await import('./fgsm')).createFgsm,
});
