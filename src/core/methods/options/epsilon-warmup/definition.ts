import * as z from 'zod';
import { stepsBefore, type BatchImages } from '../../define-method';
import { defineOption } from '../../define-option';

/** Epsilon that grows linearly from 0. Pang et al., "Bag of Tricks for Adversarial Training", ICLR 2021. */
export const epsilonWarmup = defineOption({
  name: 'epsilonWarmup',
  schema: z
    .number()
    .positive()
    .max(1)
    .describe(
      "Share of the training over which epsilon, the attack's step and its random start grow linearly to their values (Pang et al., ICLR 2021). Of n such steps the first one has 1/n of epsilon.",
    ),
  refusesMethod: (method) => ('epsilon' in method ? undefined : 'it has no epsilon that could grow'),
  apply: (share) => (method) => ({
    ...method,
    draw: (batch, random) => method.draw(warming(batch, share), random),
    complete: (batch, draws) => method.complete(warming(batch, share), draws),
  }),
});

/** The batch with its share of epsilon: (k + 1) / n in step k, from 0, of the n that the warm-up takes; then 1. */
function warming(batch: BatchImages, share: number): BatchImages {
  return { ...batch, epsilonShare: Math.min(1, (stepsBefore(batch) + 1) / (share * batch.steps)) };
}
