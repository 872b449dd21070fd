import type { NdArray } from '../../engine/arrays/nd-array';
import { spreadClasses } from '../spread-classes';
import type { LabelParameters } from './parameters';

/**
 * Labels of mixed images: a choice of this project, as the paper's abstract does not give them.
 *
 * `hard`: the true classes, which both partial images share. `smooth`: as in AVmixup, a partial image has phi(y, t)
 * ({@link spreadClasses}), where t falls linearly from 1 to `minimum` as the share of its pixels that keep the
 * perturbation grows from 0 to 1; the two are mixed with lambda.
 * @param shown the true classes, float32 [N, classes], rows that sum to 1
 * @param mask float32 [N, H, W, 1]
 * @param lambda [N]
 * @returns float32 [N, classes], rows that sum to 1
 */
export function mixedLabels(
  shown: NdArray<'float32'>,
  mask: NdArray<'float32'>,
  lambda: Float32Array,
  parameters: LabelParameters,
): NdArray<'float32'> {
  if (parameters.policy === 'hard') return shown;
  const shares = maskedShares(mask);
  return spreadClasses(shown, (n) => {
    const share = shares[n] ?? NaN;
    const weight = lambda[n] ?? NaN;
    const t1 = trueClassWeight(share, parameters.minimum);
    const t2 = trueClassWeight(1 - share, parameters.minimum);
    // phi is linear in t, so mixing the labels is mixing the weights.
    return weight * t1 + (1 - weight) * t2;
  });
}

/** Share of the pixels of each mask that are 1: [N]. */
export function maskedShares(mask: NdArray<'float32'>): Float64Array {
  const count = mask.shape[0] ?? 0;
  const size = mask.data.length / count;
  return Float64Array.from({ length: count }, (_, n) => {
    let ones = 0;
    for (const value of mask.data.subarray(n * size, (n + 1) * size)) ones += value;
    return ones / size;
  });
}

function trueClassWeight(share: number, minimum: number): number {
  return 1 - (1 - minimum) * share;
}
