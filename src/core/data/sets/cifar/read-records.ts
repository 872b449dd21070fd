import path from 'node:path';
import { M2atError } from '../../../errors';
import { readError, withOpenFile } from '../../../files/open-for-reading';
import { readExactly } from '../../../files/read-exactly';
import type { LoadOptions, Splits } from '../../dataset';
import { memoryImages } from '../../memory-images';
import type { MemoryArrays } from '../../source-handle';

const side = 32;
const pixels = side * side;
const channels = 3;
const imageBytes = pixels * channels;

/** How a file of CIFAR's binary versions is made: records of label bytes and an image (planes R, G, B). */
export interface CifarFormat {
  /** Before each image: the last one is the class. */
  readonly labelBytes: number;
  readonly classes: number;
  /** What the files are, for who has others. */
  readonly hint: string;
}

/** A file, and how many images it has. */
export interface CifarFile {
  readonly name: string;
  readonly records: number;
}

export function recordBytesOf({ labelBytes }: Pick<CifarFormat, 'labelBytes'>): number {
  return labelBytes + imageBytes;
}

/**
 * The first images of both splits.
 * @throws M2atError as {@link readRecords}
 */
export async function readSplits(
  folder: string,
  name: string,
  format: CifarFormat,
  splits: Readonly<Record<keyof Splits, { readonly files: readonly CifarFile[]; readonly count: number }>>,
  { signal, onProgress }: LoadOptions,
): Promise<Splits> {
  const total = splits.train.count + splits.test.count;
  const report = (done: number): void => {
    onProgress?.({ phase: 'load', done, total, unit: 'images', detail: name });
  };
  report(0);
  const read = async (split: keyof Splits, before: number) => {
    const { files, count } = splits[split];
    const options = {
      signal,
      onImages: (images: number) => {
        report(before + images);
      },
    };
    return memoryImages({ split, ...(await readRecords(folder, files, count, format, options)) });
  };
  const train = await read('train', 0);
  return { train, test: await read('test', splits.train.count) };
}

/**
 * The first `count` images of the files, one after the other.
 * @throws M2atError `data` when a file is truncated or a label is no class; `cancelled`
 */
export async function readRecords(
  folder: string,
  files: readonly CifarFile[],
  count: number,
  { labelBytes, classes, hint }: CifarFormat,
  o: { readonly signal?: AbortSignal | undefined; readonly onImages?: (images: number) => void } = {},
): Promise<Omit<MemoryArrays, 'split'>> {
  const recordBytes = labelBytes + imageBytes;
  // Shared, so that the thread that prepares batches needs no copy.
  const images = new Uint8Array(new SharedArrayBuffer(count * imageBytes));
  const labels = new Int32Array(new SharedArrayBuffer(count * Int32Array.BYTES_PER_ELEMENT));
  let first = 0;
  for (const { name, records } of files) {
    const wanted = Math.min(records, count - first);
    if (wanted <= 0) break;
    const file = path.join(folder, name);
    if (o.signal?.aborted) throw new M2atError('cancelled', 'loading was cancelled', { where: file });
    const data = await readStart(file, wanted * recordBytes, hint);
    for (let record = 0; record < wanted; record++) {
      const label = data[record * recordBytes + labelBytes - 1] ?? classes;
      if (label >= classes) {
        const what = `record ${record} has the label ${label}; 0 to ${classes - 1} are possible`;
        throw new M2atError('data', what, { where: file, hint });
      }
      labels[first + record] = label;
      interleave(data, record * recordBytes + labelBytes, images, (first + record) * imageBytes);
    }
    first += wanted;
    o.onImages?.(first);
  }
  if (first < count) {
    throw new M2atError('data', `${first} images, ${count} were asked for`, { where: folder, hint });
  }
  return { images, labels, count, height: side, width: side, channels };
}

/** Planes R, G, B at `from` to pixels at `to`. */
function interleave(planes: Uint8Array, from: number, out: Uint8Array, to: number): void {
  for (let i = 0, o = to; i < pixels; i++, o += channels) {
    out[o] = planes[from + i] ?? 0;
    out[o + 1] = planes[from + pixels + i] ?? 0;
    out[o + 2] = planes[from + 2 * pixels + i] ?? 0;
  }
}

async function readStart(file: string, bytes: number, hint: string): Promise<Uint8Array> {
  const options = { code: 'data', hint } as const;
  try {
    return await withOpenFile(file, options, async ({ handle }) => {
      const data = new Uint8Array(bytes);
      await readExactly(handle, data, 0, file, options);
      return data;
    });
  } catch (error) {
    throw readError(error, file, options);
  }
}
