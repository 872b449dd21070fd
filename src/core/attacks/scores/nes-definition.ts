import * as z from 'zod';
import { fraction } from '../../fraction';
import { defineScoreAttack, type Steps } from '../base/define-attack';
import { boundedLinf } from '../budget/bounded-linf';
import { defaultStep } from '../budget/default-step';
import { targetParameters } from '../parameters/target-schema';
import { usualEpsilon } from '../budget/usual-epsilon';

/** Natural evolution strategies, Ilyas et al. 2018. */
const nesParameters = z
  .strictObject({
    name: z
      .literal('nes')
      .describe('PGD with gradients that are estimated by Gaussian probes (Ilyas et al., ICML 2018).'),
    norm: z.enum(['linf', 'l2']).default('linf').describe('What a perturbation is measured by.'),
    epsilon: fraction.optional().describe('Default: 8/255 for linf, 0.5 for l2.'),
    stepSize: fraction
      .optional()
      .describe('Default: 0.319 epsilon for linf (0.01 at 8/255), epsilon / 5 for l2.'),
    steps: z.int().min(1).max(100_000).default(200).describe('Steps of a search.'),
    samples: z
      .int()
      .min(2)
      .max(10_000)
      .default(50)
      .describe('Forward passes for the gradient of a step, two for each direction.'),
    sigma: z.number().gt(0).max(1).default(0.001).describe('Standard deviation of the directions.'),
    momentum: z.number().min(0).lt(1).default(0.9).describe('Share of the last gradient in the next one.'),
    loss: z
      .enum(['margin', 'cross-entropy'])
      .default('margin')
      .describe('What is followed: a difference of logits, or the cross-entropy.'),
    restarts: z.int().min(1).max(100).default(1).describe('Searches for each image, until one fools.'),
    ...targetParameters,
  })
  .superRefine(boundedLinf);

type Given = z.output<typeof nesParameters>;
export type NesParameters = Given & Steps;

export const nes = defineScoreAttack({
  parameters: nesParameters,
  title: 'NES',
  sees: 'scores',
  norms: ['linf', 'l2'],
  usual: ({ norm, epsilon = usualEpsilon[norm], stepSize }: Given) => {
    const usual = { step: norm === 'linf' ? 0.01 : 0.1, epsilon: usualEpsilon[norm] };
    return { epsilon, stepSize: stepSize ?? defaultStep(norm, epsilon, usual) };
  },
  steps: (parameters) => parameters,
  load: async () => (await import('./nes')).createNes,
});
