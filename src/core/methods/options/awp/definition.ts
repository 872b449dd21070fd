import * as z from 'zod';
import { scalar } from '../../../engine/arrays/nd-array';
import { M2atError } from '../../../errors';
import { defineOption } from '../../define-option';

/** Under this name a batch brings the size of the perturbation: gamma, or 0 as long as the warm-up lasts. */
const SIZE = 'awpSize';

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
  apply:
    ({ gamma, warmup }) =>
    (method) => ({
      ...method,
      passes: { ...method.passes, training: 2 * method.passes.training },
      complete(batch, draws) {
        const drawn = method.complete(batch, draws);
        return { ...drawn, draws: { ...drawn.draws, [SIZE]: scalar(batch.progress < warmup ? 0 : gamma) } };
      },
      async create(network) {
        const bound = await method.create(network);
        const { loss, update } = bound;
        const { perturbed } = await import('./perturbed');
        return {
          ...bound,
          async prepare(batch, signal) {
            const size = batch.draws[SIZE];
            if (!size) throw new M2atError('internal', 'A batch lacks the size of the weight perturbation.');
            return [...(await bound.prepare(batch, signal)), size];
          },
          ...(loss && { loss: (trained, ...inputs) => loss(trained, ...inputs.slice(0, -1)) }),
          update: perturbed(update),
        };
      },
    }),
});
