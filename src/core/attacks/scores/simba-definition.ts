import * as z from 'zod';
import { fraction } from '../../fraction';
import { defineScoreAttack } from '../base/define-attack';
import { boundedLinf } from '../budget/bounded-linf';
import { defaultStep } from '../budget/default-step';
import { targetParameters } from '../parameters/target-schema';
import { usualEpsilon } from '../budget/usual-epsilon';

/** Simple Black-box Attack, Guo et al. 2019. */
const simbaParameters = z
  .strictObject({
    name: z.literal('simba').describe('Tries one direction after the other (Guo et al., ICML 2019).'),
    norm: z.enum(['l2', 'linf']).default('l2').describe('What a perturbation is measured by.'),
    epsilon: fraction.optional().describe('Default: 8/255 for linf, 0.5 for l2.'),
    basis: z
      .enum(['pixel', 'dct'])
      .default('pixel')
      .describe('Directions: single values, or cosine waves of one channel, low frequencies first.'),
    stepSize: fraction.optional().describe('Default: 0.4 epsilon for l2 (0.2 at 0.5), epsilon for linf.'),
    queries: z.int().min(1).max(1_000_000).default(5000).describe('Forward passes an image.'),
    lowFrequencies: z
      .number()
      .gt(0)
      .max(1)
      .default(0.125)
      .describe(
        'dct: share of the frequencies of a side that are tried first, and by which the rest follow.',
      ),
    ...targetParameters,
  })
  .superRefine(boundedLinf);

type Given = z.output<typeof simbaParameters>;
export type SimbaParameters = Given & {
  readonly epsilon: number;
  readonly stepSize: number;
};

export const simba = defineScoreAttack({
  parameters: simbaParameters,
  title: 'SimBA',
  sees: 'scores',
  norms: ['l2', 'linf'],
  usual: ({ norm, epsilon = usualEpsilon[norm], stepSize }: Given) => {
    const usual = { step: norm === 'linf' ? usualEpsilon.linf : 0.2, epsilon: usualEpsilon[norm] };
    return { epsilon, stepSize: stepSize ?? defaultStep(norm, epsilon, usual) };
  },
  load: async () => (await import('./simba')).createSimba,
});
