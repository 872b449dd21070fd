import * as z from 'zod';

/** What a training run remembers to see that it collapses: checkpoints have it, so that a resumed run sees the same. */
export const trainingWatch = z.object({
  /** Of the epoch that goes on: steps that were watched, and the sum of their batches' accuracies. */
  epoch: z.object({ steps: z.int().min(0), accuracy: z.number() }),
  /** Mean accuracy of the batches of the epoch before, where it was seen whole. */
  before: z.number().optional(),
  /** Since the latest evaluation: steps, and the sum of their losses. */
  losses: z.object({ steps: z.int().min(0), loss: z.number() }),
  /** The evaluation with the highest robust accuracy; loss: mean training loss of the steps before it. */
  best: z
    .object({ step: z.int().min(0), robustAccuracy: z.number(), count: z.int().min(1), loss: z.number() })
    .optional(),
  /** Evaluations since then. */
  sinceBest: z.int().min(0),
  /** Why the training ends early, once it does. */
  ended: z.enum(['catastrophic-overfitting', 'patience']).optional(),
});
export type TrainingWatch = z.output<typeof trainingWatch>;
