export interface Timings {
  readonly ours: readonly number[];
  readonly peer: readonly number[];
}

/**
 * Times two tasks in turn, ours first, after one warm-up of each: the machine's drift meets both alike.
 * @param repetitions counted runs of each
 * @returns wall milliseconds
 */
export async function alternate(
  repetitions: number,
  ours: () => Promise<number>,
  peer: (() => Promise<number>) | undefined,
): Promise<Timings> {
  await ours();
  await peer?.();
  const timings: { ours: number[]; peer: number[] } = { ours: [], peer: [] };
  for (let i = 0; i < repetitions; i++) {
    timings.ours.push(await ours());
    if (peer) timings.peer.push(await peer());
  }
  return timings;
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? NaN) + upper) / 2;
}
