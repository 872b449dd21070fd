import type { Layout } from './array-layout';
import { pixelsOf, UnitRange } from './array-pixels';
import type { Normalization } from './dataset';
import { fileImages } from './file-images';
import { ImageStatistics } from './image-statistics';
import type { ImageSource } from './image-source';
import { memoryImages } from './memory-images';
import type { FileRows, Pixels } from './source-handle';
import { readRows, type StoredArray } from './stored-array';
import { unpackedCopy, type UnpackOptions } from './unpacked-copy';

/** Images of an array in a file, and their labels. */
export interface StoredImages {
  readonly split: string;
  readonly array: StoredArray;
  readonly layout: Layout;
  readonly labels: Int32Array;
}

export interface OpenOptions extends UnpackOptions {
  /** How many are opened, from the first on. */
  readonly count: number;
  /** Of which of them mean and deviation are computed. Absent: of none. */
  readonly measured?: ((index: number) => boolean) | undefined;
  /** Images with more bytes than this stay in their file. Default: {@link IN_MEMORY_BYTES}. */
  readonly inMemoryBytes?: number | undefined;
}

export const IN_MEMORY_BYTES = 2 ** 29;

export interface OpenedImages {
  readonly source: ImageSource;
  /** Of those that were measured. */
  readonly normalization?: Normalization;
}

/**
 * Images of an array as a source: in memory that threads share up to a limit, else read by index where they lie. Those that
 * are packed and above the limit are unpacked into the cache once.
 * @throws M2atError `data` for values outside of [0, 1], and as {@link readRows}; `io`; `cancelled`
 */
export async function openImages(given: StoredImages, o: OpenOptions): Promise<OpenedImages> {
  const { count, measured, inMemoryBytes = IN_MEMORY_BYTES, signal } = o;
  const { split, layout, labels } = given;
  const { height, width, channels, order } = layout;
  const { type } = given.array.header;
  const size = height * width * channels;
  const inMemory = count * size * (type === '|u1' ? 1 : 4) <= inMemoryBytes;
  const array = inMemory ? given.array : await unpackedCopy(given.array, o);
  const memory = inMemory ? sharedPixels(count * size, type === '|u1') : undefined;
  const statistics = measured && new ImageStatistics(channels);
  // Floats are looked at before anybody trains on them.
  if (memory || statistics || type !== '|u1') {
    const range = new UnitRange(size);
    const report = (done: number): void => {
      const { where } = array;
      o.onProgress?.({ phase: 'load', done, total: count, unit: 'images', detail: where });
    };
    report(0);
    let reported = 0;
    await readRows(
      array,
      count,
      (rows, first) => {
        const pixels = pixelsOf(rows, type, layout, (values) => {
          range.add(values, (image) => first + image);
        });
        memory?.set(pixels, first * size);
        for (let n = 0; measured && n * size < pixels.length; n++) {
          if (measured(first + n)) statistics?.add(pixels.subarray(n * size, (n + 1) * size));
        }
        if ((first - reported) * size < PROGRESS_VALUES) return;
        reported = first;
        report(first);
      },
      { signal },
    );
    if (type !== '|u1') range.assert(array.where);
    report(count);
  }
  const normalization = statistics?.normalization();
  const sized = { split, count, height, width, channels, labels: labels.subarray(0, count) };
  if (memory) return { source: memoryImages({ ...sized, images: memory }), ...measuredAs(normalization) };
  const { file, start } = array.part;
  const rows: FileRows = {
    ...{ ...sized, file, offset: start + array.header.offset, order },
    type: type === '<f4' || type === '<f8' ? type : '|u1',
  };
  return { source: fileImages(rows), ...measuredAs(normalization) };
}

/** From one progress to the next. */
const PROGRESS_VALUES = 2 ** 24;

function measuredAs(normalization: Normalization | undefined): Pick<OpenedImages, 'normalization'> {
  return normalization ? { normalization } : {};
}

/** Shared, so that the thread that prepares batches needs no copy. */
function sharedPixels(length: number, bytes: boolean): Pixels {
  return bytes
    ? new Uint8Array(new SharedArrayBuffer(length))
    : new Float32Array(new SharedArrayBuffer(4 * length));
}
