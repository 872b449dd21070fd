/**
 * Times some sides in turn, after one warm-up of each: the machine's drift meets all alike.
 * @param repetitions counted runs of each
 * @param sides a run of each, in milliseconds
 * @returns the counted runs of each, in order
 */
export async function alternate(
  repetitions: number,
  sides: readonly (() => Promise<number>)[],
): Promise<number[][]> {
  for (const side of sides) await side();
  const timings = sides.map((): number[] => []);
  for (let i = 0; i < repetitions; i++) {
    for (const [n, side] of sides.entries()) timings[n]?.push(await side());
  }
  return timings;
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? NaN) + upper) / 2;
}
