import * as z from 'zod';
import { fraction } from '../../fraction';
import { defineAttack, type Steps } from '../base/define-attack';
import { boundedLinf } from '../budget/bounded-linf';
import { defaultStep } from '../budget/default-step';
import { usualEpsilon } from '../budget/usual-epsilon';
import { targetParameters } from '../parameters/target-schema';
import { lossParameter } from './loss-parameter';

/** Projected Gradient Descent, Madry et al. 2018. */
const pgdParameters = z
  .strictObject({
    name: z
      .literal('pgd')
      .describe('Projected gradient descent from a random start (Madry et al., ICLR 2018).'),
    norm: z.enum(['linf', 'l2', 'l1']).default('linf').describe('What a perturbation is measured by.'),
    epsilon: fraction.optional().describe('Default: 8/255 for linf, 0.5 for l2, 12 for l1.'),
    stepSize: fraction
      .optional()
      .describe('Default: epsilon / 4 for linf, 2.5 * epsilon / steps for l2 and l1.'),
    steps: z.int().min(1).max(10_000).default(20).describe('Steps of a search.'),
    randomStart: z.boolean().default(true).describe('Start anywhere in the ball.'),
    ...lossParameter,
    restarts: z.int().min(1).max(100).default(1).describe('Searches for each image, until one fools.'),
    momentum: z
      .number()
      .min(0)
      .default(0)
      .describe(
        'Share of the accumulated gradient that a step keeps; 0: each step follows its own gradient.',
      ),
    eotSamples: z
      .int()
      .min(1)
      .max(1000)
      .default(1)
      .describe('Gradients that a step averages: for networks whose output is random.'),
    ...targetParameters,
  })
  .superRefine(boundedLinf);

type Given = z.output<typeof pgdParameters>;
export type PgdParameters = Given & Steps;

export const pgd = defineAttack({
  parameters: pgdParameters,
  title: 'PGD',
  norms: ['linf', 'l2', 'l1'],
  stepsInTitle: true,
  lossInTitle: true,
  usual: ({ norm, epsilon = usualEpsilon[norm], stepSize, steps }: Given) => {
    const usual = { step: 2 / 255, epsilon: usualEpsilon.linf };
    const step = norm === 'linf' ? defaultStep(norm, epsilon, usual) : (2.5 * epsilon) / steps;
    return { epsilon, stepSize: stepSize ?? step };
  },
  draws: ({ randomStart }) => randomStart,
  steps: (parameters) => parameters,
  load: async () => (await import('./pgd')).pgdAttack,
});
