import * as z from 'zod';
import { fraction } from '../../fraction';
import { defineScoreAttack, type Steps } from '../base/define-attack';
import { boundedLinf } from '../budget/bounded-linf';
import { defaultStep } from '../budget/default-step';
import { targetParameters } from '../parameters/target-schema';
import { usualEpsilon } from '../budget/usual-epsilon';

/** Simultaneous perturbation stochastic approximation, Uesato et al. 2018. */
const spsaParameters = z
  .strictObject({
    name: z
      .literal('spsa')
      .describe('Adam with gradients that are estimated by random signs (Uesato et al., ICML 2018).'),
    norm: z.enum(['linf', 'l2']).default('linf').describe('What a perturbation is measured by.'),
    epsilon: fraction.optional().describe('Default: 8/255 for linf, 0.5 for l2.'),
    stepSize: z
      .number()
      .gt(0)
      .max(1)
      .optional()
      .describe(
        "Adam's learning rate. Default: 0.319 epsilon for linf (0.01 at 8/255), 0.02 epsilon for l2.",
      ),
    steps: z.int().min(1).max(100_000).default(100).describe('Steps of a search.'),
    samples: z
      .int()
      .min(2)
      .max(10_000)
      .default(128)
      .describe('Forward passes for the gradient of a step, two for each direction.'),
    delta: z
      .number()
      .gt(0)
      .max(1)
      .default(0.01)
      .describe('Each value of a direction is this or its negative.'),
    loss: z
      .enum(['margin', 'cross-entropy'])
      .default('margin')
      .describe('What is followed: a difference of logits, or the cross-entropy.'),
    restarts: z.int().min(1).max(100).default(1).describe('Searches for each image, until one fools.'),
    ...targetParameters,
  })
  .superRefine(boundedLinf);

type Given = z.output<typeof spsaParameters>;
export type SpsaParameters = Given & Steps;

export const spsa = defineScoreAttack({
  parameters: spsaParameters,
  title: 'SPSA',
  sees: 'scores',
  norms: ['linf', 'l2'],
  usual: ({ norm, epsilon = usualEpsilon[norm], stepSize }: Given) => {
    const usual = { step: 0.01, epsilon: usualEpsilon[norm] };
    // More would leave the range of pixels in one step, whatever the norm.
    return { epsilon, stepSize: stepSize ?? Math.min(1, defaultStep(norm, epsilon, usual)) };
  },
  steps: (parameters) =>
    // Adam moves each value by about its rate.
    parameters.norm === 'linf' ? parameters : undefined,
  load: async () => (await import('./spsa')).createSpsa,
});
