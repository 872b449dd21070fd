import { float32, type NdArray } from '../engine/arrays/nd-array';
import type { Random } from '../random';

/**
 * Mixing coefficients, one an image: lambda ~ Beta(alpha, alpha).
 * @returns float32 [count], each in [0, 1]
 */
export function drawLambda(count: number, alpha: number, random: Random): NdArray<'float32'> {
  return float32(
    Float32Array.from({ length: count }, () => random.beta(alpha, alpha)),
    [count],
  );
}
