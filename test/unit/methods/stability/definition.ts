import * as z from 'zod';
import { float32, sizeOf } from '../../../../src/core/engine/arrays/nd-array';
import { defineMethod } from '../../../../src/core/methods/define-method';
import { floatArray } from '../../../../src/core/methods/draws';

const parameters = z.strictObject({
  name: z.literal('stability').describe('The same answer with and without noise (Zheng et al., CVPR 2016).'),
  deviation: z
    .number()
    .min(0)
    .default(0.04)
    .describe('Standard deviation of the noise, of pixels in [0, 1].'),
  weight: z
    .number()
    .min(0)
    .default(1)
    .describe('Of the difference between the answers, beside the cross-entropy.'),
});
export type StabilityParameters = z.output<typeof parameters>;

const draws = z.object({
  /** [N, H, W, C]. */
  noise: floatArray,
});
export type StabilityDraws = z.output<typeof draws>;

export const stability = defineMethod({
  name: 'stability',
  parameters,
  passes: () => ({ attack: 0, training: 3 }),
  draws,
  draw({ images: { shape } }, { deviation }, random) {
    const stream = random('noise');
    const noise = Float32Array.from({ length: sizeOf(shape) }, () => deviation * stream.normal());
    return { noise: float32(noise, shape) };
  },
  load: async () => (await import('./stability')).createStability,
});
