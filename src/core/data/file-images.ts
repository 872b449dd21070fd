import { atMostAtOnce } from '../files/at-most-at-once';
import { readError, withOpenFile } from '../files/open-for-reading';
import { readExactly } from '../files/read-exactly';
import { pixelsOf } from './array-pixels';
import type { ImageSource } from './image-source';
import { spansOf } from './npy-file';
import type { FileRows, Pixels } from './source-handle';

const valueBytes = { '|u1': 1, '<f4': 4, '<f8': 8 } as const;
const code = 'data';
/** More is read in several calls. */
const PIECE = 2 ** 24;

/** Reads that wait for the disk together. */
const AT_ONCE = 8;

/** Batches ahead of their step: the disk may take its time. */
const AHEAD = 3;

/** A source of images that are read where they lie: floats have been looked at before, that they are in [0, 1]. */
export function fileImages(rows: FileRows): ImageSource {
  const { split, count, height, width, channels, labels, type } = rows;
  const source = {
    ...{ split, count, height, width, channels, labels, ahead: AHEAD },
    handle: () => ({ kind: 'file', rows }) as const,
  };
  const read = (indices: ArrayLike<number>, into: Pixels) => readFileRows(rows, indices, into);
  return type === '|u1' ? { ...source, values: 'uint8', read } : { ...source, values: 'float32', read };
}

async function readFileRows(
  { file, offset, type, order, height, width, channels }: FileRows,
  indices: ArrayLike<number>,
  into: Pixels,
): Promise<void> {
  const size = height * width * channels;
  const rowBytes = size * valueBytes[type];
  const most = Math.max(1, Math.floor(PIECE / rowBytes));
  const inPlace = into instanceof Uint8Array && (order === 'NHWC' || channels === 1);
  try {
    await withOpenFile(file, { code }, async ({ handle }) => {
      await atMostAtOnce(AT_ONCE, spansOf(Array.from(indices)), async ({ first, count, at }) => {
        for (let done = 0; done < count; done += most) {
          const images = Math.min(most, count - done);
          const [from, to] = [(at + done) * size, (at + done + images) * size];
          const bytes = inPlace ? into.subarray(from, to) : new Uint8Array(images * rowBytes);
          await readExactly(handle, bytes, offset + (first + done) * rowBytes, file, { code });
          if (!inPlace) into.set(pixelsOf(bytes, type, { order, height, width, channels }), from);
        }
      });
    });
  } catch (error) {
    throw readError(error, file, { code });
  }
}
