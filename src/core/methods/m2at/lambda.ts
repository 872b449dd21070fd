import { float32, type NdArray } from '../../engine/arrays/nd-array';
import type { Random } from '../../random';

/** How it is shown. */
export const lambdaFact = {
  name: 'Mixing coefficient',
  symbol: 'λ',
  about: 'the share of x1 in the mixed image',
} as const;

/**
 * Mixing coefficients, one an image. Beta-distributed: a choice of this project.
 * @returns float32 [count], each in [0, 1]
 */
export function drawLambda(count: number, beta: number, random: Random): NdArray<'float32'> {
  return float32(
    Float32Array.from({ length: count }, () => random.beta(beta, beta)),
    [count],
  );
}
