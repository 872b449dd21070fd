import * as z from 'zod';
import { float32 } from '../../../engine/arrays/nd-array';
import { defineOption } from '../../define-option';

/** As PyTorch's `label_smoothing`: attacks still lead away from the true class. Szegedy et al., CVPR 2016. */
export const labelSmoothing = defineOption({
  name: 'labelSmoothing',
  schema: z
    .number()
    .min(0)
    .lt(1)
    .describe(
      'Share of each label, from 0 to below 1, that is spread over all classes: (1 - s) t + s / K (Szegedy et al., CVPR 2016). Usual: 0.1.',
    ),
  apply: (share) => (method) => ({
    ...method,
    complete(batch, draws) {
      const drawn = method.complete(batch, draws);
      const { data, shape } = drawn.targets;
      const smoothed = data.map((target) => (1 - share) * target + share / batch.classes);
      return { ...drawn, targets: float32(smoothed, shape) };
    },
  }),
});
