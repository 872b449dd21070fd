/**
 * The two indices p and q for which (gain[p] + gain[q]) * (loss[p] + loss[q]) is largest, both sums being positive;
 * undefined where there are none. Exact, and without a look at every pair: an index that two others match in both arrays
 * is never needed, which leaves a few.
 * @param domain the indices that may be chosen
 */
export function bestPair(
  gain: Float32Array,
  loss: Float32Array,
  domain: readonly number[],
): readonly [number, number] | undefined {
  const needed = undominated(gain, loss, domain);
  let best: readonly [number, number] | undefined;
  let largest = 0;
  for (const [i, p] of needed.entries()) {
    for (const q of needed.slice(i + 1)) {
      const [more, less] = [(gain[p] ?? 0) + (gain[q] ?? 0), (loss[p] ?? 0) + (loss[q] ?? 0)];
      if (!(more > 0 && less > 0) || more * less <= largest) continue;
      largest = more * less;
      best = [p, q];
    }
  }
  return best;
}

/** The indices for which fewer than two others are at least as large in both arrays. */
function undominated(gain: Float32Array, loss: Float32Array, domain: readonly number[]): number[] {
  const order = Uint32Array.from(domain).sort(
    (p, q) => (gain[q] ?? 0) - (gain[p] ?? 0) || (loss[q] ?? 0) - (loss[p] ?? 0),
  );
  const kept: number[] = [];
  let [first, second] = [-Infinity, -Infinity];
  for (const index of order) {
    const value = loss[index] ?? NaN;
    if (!(value > second)) continue;
    kept.push(index);
    if (value > first) [first, second] = [value, first];
    else second = value;
  }
  return kept;
}
