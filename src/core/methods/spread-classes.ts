import { float32, type NdArray } from '../engine/arrays/nd-array';

/**
 * The label function of AVmixup (Lee et al., CVPR 2020): phi(y, t) = t * y + (1 - t) * (1 - y) / (K - 1), which leaves
 * the share t to the classes that an image shows and spreads the rest over the others. It is linear in t and in y.
 * @param shown y, float32 [N, classes], rows that sum to 1; at least two classes
 * @param share t of image n, in [0, 1]
 * @returns float32 [N, classes], rows that sum to 1
 */
export function spreadClasses(shown: NdArray<'float32'>, share: (n: number) => number): NdArray<'float32'> {
  const { data, shape } = shown;
  const [count = 0, classes = 0] = shape;
  const spread = new Float32Array(data.length);
  for (let n = 0; n < count; n++) {
    const t = share(n);
    for (let i = n * classes; i < (n + 1) * classes; i++) {
      const y = data[i] ?? NaN;
      spread[i] = t * y + ((1 - t) * (1 - y)) / (classes - 1);
    }
  }
  return float32(spread, shape);
}
