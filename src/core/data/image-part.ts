import { gatherLabels } from './batch';
import type { Images, ImageSource } from './image-source';
import type { Pixels, SourceHandle } from './source-handle';

/**
 * Some images of a source, as a source of their own, in the order of `indices`.
 * @throws RangeError when an index is outside the source
 */
export function imagePart(source: ImageSource, indices: Uint32Array, split: string): ImageSource {
  const { height, width, channels, ahead, threads } = source;
  const labels = gatherLabels(source, indices);
  const handle = (): SourceHandle => ({ kind: 'part', whole: source.handle(), indices, split });
  const part = { split, count: indices.length, height, width, channels, labels, ahead, threads, handle };
  const inWhole = (own: ArrayLike<number>): Uint32Array => Uint32Array.from(own, (n) => indices[n] ?? 0);
  return source.values === 'uint8'
    ? { ...part, values: 'uint8', ...readingOf(source, inWhole) }
    : { ...part, values: 'float32', ...readingOf(source, inWhole) };
}

type Reading<Values extends Pixels> = Pick<Images<'uint8' | 'float32', Values>, 'read' | 'readParts'>;

function readingOf<Values extends Pixels>(
  source: Reading<Values>,
  inWhole: (own: ArrayLike<number>) => Uint32Array,
): Reading<Values> {
  const { readParts } = source;
  return {
    read: (own, into, signal) => source.read(inWhole(own), into, signal),
    ...(readParts && { readParts: (own, into, partOf) => readParts(inWhole(own), into, partOf) }),
  };
}
