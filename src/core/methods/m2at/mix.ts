import { float32, type NdArray } from '../../engine/nd-array';
import type { Random } from '../../random';

/**
 * Mixing coefficients, one an image. Beta-distributed: a choice of this project.
 * @returns [count], each in [0, 1]
 */
export function drawLambda(count: number, beta: number, random: Random): Float32Array {
  return Float32Array.from({ length: count }, () => random.beta(beta, beta));
}

/**
 * The two partially perturbed images, x1 = x + M * delta and x2 = x + (1 - M) * delta. Given x and
 * x + delta, that is a selection and involves no rounding.
 * @param x, perturbed float32 [N, H, W, C]
 * @param mask float32 [N, H, W, 1], 0 or 1
 */
export function partialImages(
  x: NdArray<'float32'>,
  perturbed: NdArray<'float32'>,
  mask: NdArray<'float32'>,
): { readonly x1: NdArray<'float32'>; readonly x2: NdArray<'float32'> } {
  const channels = x.shape[3] ?? 1;
  const x1 = new Float32Array(x.data.length);
  const x2 = new Float32Array(x.data.length);
  for (let i = 0; i < x.data.length; i++) {
    const natural = x.data[i] ?? NaN;
    const moved = perturbed.data[i] ?? NaN;
    const first = mask.data[Math.floor(i / channels)] === 1;
    x1[i] = first ? moved : natural;
    x2[i] = first ? natural : moved;
  }
  return { x1: float32(x1, x.shape), x2: float32(x2, x.shape) };
}

/**
 * x_mix = lambda * x1 + (1 - lambda) * x2, in double precision, rounded once: between x1 and x2, so in [0, 1].
 * @param lambda [N]
 */
export function mixImages(
  x1: NdArray<'float32'>,
  x2: NdArray<'float32'>,
  lambda: Float32Array,
): NdArray<'float32'> {
  const size = x1.data.length / lambda.length;
  const mixed = new Float32Array(x1.data.length);
  for (let n = 0; n < lambda.length; n++) {
    const weight = lambda[n] ?? NaN;
    for (let i = n * size; i < (n + 1) * size; i++) {
      mixed[i] = weight * (x1.data[i] ?? NaN) + (1 - weight) * (x2.data[i] ?? NaN);
    }
  }
  return float32(mixed, x1.shape);
}
