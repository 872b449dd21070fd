import * as z from 'zod';

/** What a training run remembers to choose its best network: checkpoints have it, so that a resumed run chooses the same. */
export const bestNetwork = z.object({
  /** Of the best one. */
  step: z.int().min(0),
  robustAccuracy: z.number(),
  cleanAccuracy: z.number(),
  /** The highest robust accuracy of all evaluations so far, and the images that it is a share of. */
  highest: z.object({ robustAccuracy: z.number(), count: z.int().min(1) }),
});
export type BestNetwork = z.output<typeof bestNetwork>;
