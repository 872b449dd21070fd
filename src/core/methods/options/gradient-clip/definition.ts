import * as z from 'zod';
import { defineOption } from '../../define-option';

/** Scales the gradient of all parameters together down to a norm, where it is larger. */
export const gradientClip = defineOption({
  name: 'gradientClip',
  schema: z
    .number()
    .positive()
    .describe(
      'Largest L2 norm of the gradient of all parameters together, before weight decay: a larger one is scaled to it, as by torch.nn.utils.clip_grad_norm_.',
    ),
  apply: (largest) => (method) => ({
    ...method,
    create: async (network) => {
      const bound = await method.create(network);
      const { clipped } = await import('./clipped');
      return {
        ...bound,
        limit: (gradients) => clipped(bound.limit?.(gradients) ?? gradients, largest),
      };
    },
  }),
});
