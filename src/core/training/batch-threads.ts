import type { ImageSource } from '../data/image-source';

/** How many threads make batches, and how many steps ahead. */
export interface Threads {
  readonly threads: number;
  readonly ahead: number;
}

/** Of the batches that are made ahead by several threads. */
const AHEAD_BYTES = 2 ** 29;
/** Float arrays of a batch's size in each: images, noise, mask. */
const ARRAYS = 3;

/**
 * As many threads as the source has use for, and their batches have room for; each makes one, and one more is ready.
 * @param extra generated images that are in each batch too
 */
export function threadsFor(
  { threads: wanted = 1, ahead = 1, height, width, channels }: ImageSource,
  batchSize: number,
  extra?: Pick<ImageSource, 'ahead'>,
): Threads {
  const bytes = ARRAYS * Float32Array.BYTES_PER_ELEMENT * batchSize * height * width * channels;
  const needed = Math.max(ahead, extra?.ahead ?? 1);
  const threads = Math.max(1, Math.min(wanted, Math.floor(AHEAD_BYTES / bytes)));
  return { threads, ahead: threads > 1 ? Math.max(needed, threads + 1) : needed };
}
