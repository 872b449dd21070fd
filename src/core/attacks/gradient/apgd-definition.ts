import * as z from 'zod';
import { fraction } from '../../fraction';
import { boundedLinf } from '../budget/bounded-linf';
import { targetParameters } from '../parameters/target-schema';

const common = {
  norm: z.enum(['linf', 'l2', 'l1']).default('linf'),
  epsilon: fraction.optional().describe('Default: 8/255 for linf, 0.5 for l2, 12 for l1.'),
  steps: z.int().min(1).max(10_000).default(100),
  eotSamples: z
    .int()
    .min(1)
    .max(1000)
    .default(1)
    .describe('Gradients that a step averages: for networks whose output is random.'),
  ...targetParameters,
};

/** Auto-PGD on the cross-entropy or the difference of logits ratio, Croce and Hein 2020. */
export const apgdParameters = z
  .strictObject({
    name: z
      .enum(['apgd-ce', 'apgd-dlr'])
      .describe(
        'Auto-PGD on the cross-entropy or the difference of logits ratio (Croce and Hein, ICML 2020).',
      ),
    ...common,
    restarts: z.int().min(1).max(100).default(1),
  })
  .superRefine(boundedLinf);

/** Auto-PGD on the targeted difference of logits ratio, for one class after another. */
export const apgdTargetedParameters = z
  .strictObject({
    name: z
      .literal('apgd-t')
      .describe('Auto-PGD on the targeted difference of logits ratio (Croce and Hein, ICML 2020).'),
    ...common,
    targets: z
      .int()
      .min(1)
      .max(999)
      .default(9)
      .describe('Classes to aim at, those with the largest logits after the predicted one.'),
    restarts: z.int().min(1).max(100).default(1).describe('Random starts for each class.'),
  })
  .superRefine(boundedLinf);

export type ApgdParameters = z.output<typeof apgdParameters>;
export type ApgdTargetedParameters = z.output<typeof apgdTargetedParameters>;
