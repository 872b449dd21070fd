import type { ImageSet } from './dataset';

/** Bytes that another thread can see as well, filled with 0. */
export function sharedBytes(count: number): Uint8Array<SharedArrayBuffer> {
  return new Uint8Array(new SharedArrayBuffer(count));
}

/** The set in memory that threads share: itself where it is there already, else a copy. */
export function sharedImages(set: ImageSet): ImageSet {
  return { ...set, images: shared(set.images), labels: shared(set.labels) };
}

function shared(bytes: Uint8Array): Uint8Array {
  if (bytes.buffer instanceof SharedArrayBuffer) return bytes;
  const copy = sharedBytes(bytes.length);
  copy.set(bytes);
  return copy;
}
