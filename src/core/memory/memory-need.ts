import type { FreeMemory } from './free-memory';
import { bytesText } from './memory-text';

/** What a process will need, in bytes. */
export interface MemoryNeed {
  /** Resident now. */
  readonly now: number;
  /** What comes to that at most. */
  readonly more: number;
}

export function fits({ more }: MemoryNeed, { bytes }: FreeMemory): boolean {
  return more <= bytes;
}

/** One line for the log. */
export function memoryLine({ now, more }: MemoryNeed, free: FreeMemory): string {
  const size = `about ${bytesText(now + more)} at most, ${bytesText(now)} of them now`;
  return `Memory: ${size}; ${bytesText(free.bytes)} are free (${free.bound}).`;
}

/**
 * The largest batch whose need is within what is free; undefined where not even the smallest is.
 * @param needOf a batch's need; it grows about in proportion to the batch, and costs a compilation's first half
 * @param tooLarge a batch that is too large, with its need
 * @param step batches are multiples of it
 */
export async function largestBatch(
  needOf: (batch: number) => Promise<MemoryNeed>,
  tooLarge: { readonly batch: number; readonly need: MemoryNeed },
  free: FreeMemory,
  step: number,
): Promise<number | undefined> {
  const down = (batch: number): number => Math.max(step, Math.floor(batch / step) * step);
  let high: { batch: number; bytes: number } = { batch: tooLarge.batch, bytes: tooLarge.need.more };
  let low: { batch: number; bytes: number } | undefined;
  let candidate = down(high.batch / 2);
  for (let tries = 0; tries < 8 && candidate < high.batch; tries++) {
    const { more } = await needOf(candidate);
    if (more <= free.bytes) low = { batch: candidate, bytes: more };
    else high = { batch: candidate, bytes: more };
    if (!low) {
      candidate = down(high.batch / 2);
      continue;
    }
    // On the line between the two; a little below, as it is not quite one.
    const share = (free.bytes - low.bytes) / Math.max(1, high.bytes - low.bytes);
    const next = down(low.batch + 0.97 * share * (high.batch - low.batch));
    if (next <= low.batch) break;
    candidate = Math.min(next, high.batch - step);
    if (candidate <= low.batch) break;
  }
  return low?.batch;
}
