import * as z from 'zod';
import { fraction } from '../../fraction';
import { targetParameters } from '../parameters/target-schema';

/** What C&W and EAD have in common. */
export const optimizationParameters = {
  steps: z.int().min(1).max(100_000).default(1000).describe('Steps for each weight, at most.'),
  searches: z.int().min(1).max(30).default(9).describe('Weights that are tried for each image.'),
  initialConstant: z
    .number()
    .positive()
    .max(1e9)
    .default(0.001)
    .describe('The first weight of the misclassification.'),
  stepSize: z.number().positive().max(10).default(0.01).describe('Step of the optimisation.'),
  confidence: z
    .number()
    .min(0)
    .max(1e6)
    .default(0)
    .describe(
      'By how much the logit of another class must exceed that of the true one (that of the target all others).',
    ),
  abortEarly: z
    .boolean()
    .default(true)
    .describe('An image stops when its loss did not fall by 0.01 % in a tenth of the steps.'),
  epsilon: fraction.optional().describe('A larger perturbation does not count. Default: any counts.'),
  ...targetParameters,
};
