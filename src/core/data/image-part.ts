import { gatherLabels } from './batch';
import type { ImageSource } from './image-source';
import type { SourceHandle } from './source-handle';

/**
 * Some images of a source, as a source of their own, in the order of `indices`.
 * @throws RangeError when an index is outside the source
 */
export function imagePart(source: ImageSource, indices: Uint32Array, split: string): ImageSource {
  const { height, width, channels, ahead } = source;
  const labels = gatherLabels(source, indices);
  const handle = (): SourceHandle => ({ kind: 'part', whole: source.handle(), indices, split });
  const part = { split, count: indices.length, height, width, channels, labels, ahead, handle };
  const inWhole = (own: ArrayLike<number>): Uint32Array => Uint32Array.from(own, (n) => indices[n] ?? 0);
  return source.values === 'uint8'
    ? { ...part, values: 'uint8', read: (own, into, signal) => source.read(inWhole(own), into, signal) }
    : { ...part, values: 'float32', read: (own, into, signal) => source.read(inWhole(own), into, signal) };
}
