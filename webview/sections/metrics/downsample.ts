/**
 * Picks the indices of `[from, to)` that a plot of `buckets` pixels can show: for each bucket of equal length the
 * first and last point, the extremes of every series, and one gap (NaN) where there is one. Ascending, no doubles.
 * A range that is short enough is returned whole.
 */
export function downsample(
  series: readonly Float64Array[],
  from: number,
  to: number,
  buckets: number,
): Uint32Array {
  const count = Math.max(0, to - from);
  const perBucket = 2 + 3 * series.length;
  if (count <= buckets * perBucket) return Uint32Array.from({ length: count }, (_, index) => from + index);

  const picked: number[] = [];
  for (let bucket = 0; bucket < buckets; bucket++) {
    const start = from + Math.floor((bucket * count) / buckets);
    const end = from + Math.floor(((bucket + 1) * count) / buckets);
    const chosen = new Set([start, end - 1]);
    for (const values of series) addExtremes(values, start, end, chosen);
    picked.push(...[...chosen].sort((a, b) => a - b));
  }
  return Uint32Array.from(picked);
}

function addExtremes(values: Float64Array, start: number, end: number, chosen: Set<number>): void {
  let low = -1;
  let high = -1;
  let gap = -1;
  for (let index = start; index < end; index++) {
    const value = values[index] ?? NaN;
    if (Number.isNaN(value)) {
      gap = index;
      continue;
    }
    if (low < 0 || value < (values[low] ?? Infinity)) low = index;
    if (high < 0 || value > (values[high] ?? -Infinity)) high = index;
  }
  for (const index of [low, high, gap]) if (index >= 0) chosen.add(index);
}
