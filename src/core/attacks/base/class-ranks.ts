import { float32, type NdArray } from '../../engine/arrays/nd-array';

/**
 * The place of every class when an image's classes are ordered by their logits: 0 for the true class, whatever its
 * logit, then 1 for the largest other, and so on. Equal logits are ordered by class.
 * @param logits [N, classes]
 * @returns float32 [N, classes]
 */
export function classRanks(logits: NdArray<'float32'>, labels: Int32Array): NdArray<'float32'> {
  const [count = 0, classes = 0] = logits.shape;
  const ranks = new Float32Array(count * classes);
  for (let n = 0; n < count; n++) {
    const label = labels[n] ?? 0;
    const row = logits.data.subarray(n * classes, (n + 1) * classes);
    const order = [...row.keys()].filter((k) => k !== label);
    order.sort((a, b) => (row[b] ?? 0) - (row[a] ?? 0) || a - b);
    for (const [place, k] of order.entries()) ranks[n * classes + k] = place + 1;
  }
  return float32(ranks, [count, classes]);
}
