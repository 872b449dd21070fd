import * as z from 'zod';
import { defineOption } from '../../define-option';
import { withScalar } from '../with-scalar';

/** Adversarial weight perturbation. Wu et al., "Adversarial Weight Perturbation Helps Robust Generalization", NeurIPS 2020. */
export const awp = defineOption({
  name: 'awp',
  schema: z
    .strictObject({
      gamma: z
        .number()
        .positive()
        .max(1)
        .default(0.01)
        .describe(
          "How far each kernel is moved along the gradient of the method's loss, as a share of its own norm. Wu et al. take 0.01 with PGD-AT, 0.005 with TRADES.",
        ),
      warmup: z
        .number()
        .min(0)
        .max(1)
        .default(0)
        .describe('Share of the training that is done before it begins.'),
    })
    .describe(
      'Adversarial weight perturbation (Wu et al., NeurIPS 2020): each step is taken where the kernels were moved so that the loss grows, and the move is taken back after it.',
    ),
  refuses: () => ({
    accumulate: 'the weights are moved by the gradient of the whole batch before that gradient is taken',
  }),
  apply:
    ({ gamma, warmup }) =>
    (method) =>
      withScalar(
        { ...method, passes: { ...method.passes, training: 2 * method.passes.training } },
        {
          name: 'awpSize',
          valueOf: ({ progress }) => (progress < warmup ? 0 : gamma),
          change: async () => ({ update: (await import('./perturbed')).perturbed }),
        },
      ),
});
