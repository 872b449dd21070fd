export interface Mean {
  readonly mean: number;
  /** Standard error of the mean: the sample's standard deviation over the root of their number. Absent for one value. */
  readonly error?: number;
  readonly count: number;
}

/** The mean of values, such as those of several seeds; undefined without any. */
export function meanAndError(values: readonly number[]): Mean | undefined {
  const count = values.length;
  if (count === 0) return undefined;
  const mean = values.reduce((sum, value) => sum + value, 0) / count;
  if (count === 1) return { mean, count };
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (count - 1);
  return { mean, error: Math.sqrt(variance / count), count };
}
