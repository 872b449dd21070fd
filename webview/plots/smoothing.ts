/** Smoothing is as strong as it looks on this many points, however many there are. */
const REFERENCE_POINTS = 1000;

/** The weight per point that smooths `points` visible points as much, relative to their range, as `weight` does 1000. */
export function weightFor(weight: number, points: number): number {
  return weight <= 0 || points <= REFERENCE_POINTS ? weight : weight ** (REFERENCE_POINTS / points);
}

/**
 * Exponential moving average with bias correction, as TensorBoard draws it.
 * `weight` in [0, 1): 0 returns the values unchanged. NaN stays NaN and does not enter the average.
 */
export function smooth(values: Float64Array, weight: number): Float64Array {
  if (weight <= 0) return values;
  const smoothed = new Float64Array(values.length);
  let average = 0;
  let correction = 0;
  values.forEach((value, index) => {
    if (!Number.isFinite(value)) {
      smoothed[index] = NaN;
      return;
    }
    average = weight * average + (1 - weight) * value;
    correction = weight * correction + (1 - weight);
    smoothed[index] = average / correction;
  });
  return smoothed;
}
