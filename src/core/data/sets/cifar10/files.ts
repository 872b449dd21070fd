import path from 'node:path';
import { M2atError } from '../../../errors';
import { readError, withOpenFile } from '../../../files/open-for-reading';
import { readExactly } from '../../../files/read-exactly';
import { recordBytes, type Cifar10File } from './source';
import type { MemoryArrays } from '../../source-handle';
import type { VerifiedFiles } from '../../verified-files';

const side = 32;
const pixels = side * side;
const channels = 3;
const classes = 10;

const hint =
  'Expected the CIFAR-10 binary version: data_batch_1.bin to data_batch_5.bin and test_batch.bin, 30730000 ' +
  'bytes each. Leave dataset.folder out to have it fetched.';
const options = { code: 'data', hint } as const;

/**
 * Checks size and SHA-256 of each file.
 * @throws M2atError `data` for the first that is missing, truncated or altered; `cancelled`
 */
export async function checkCifar10(
  folder: string,
  files: readonly Cifar10File[],
  verified: VerifiedFiles,
  signal?: AbortSignal,
): Promise<void> {
  for (const { name, records, sha256 } of files) {
    const file = path.join(folder, name);
    const expected = records * recordBytes;
    try {
      const size = await withOpenFile(file, options, (opened) => Promise.resolve(opened.size));
      if (size !== expected) {
        throw new M2atError('data', `${size} bytes, expected ${expected}`, { where: file, hint });
      }
      const actual = await verified.sha256(file, signal);
      if (actual !== sha256) {
        throw new M2atError('data', `the file was altered: SHA-256 is ${actual}, expected ${sha256}`, {
          where: file,
          hint,
        });
      }
    } catch (error) {
      if (signal?.aborted) throw new M2atError('cancelled', 'loading was cancelled', { where: file });
      throw readError(error, file, options);
    }
  }
}

/**
 * The first `count` images of the files, one after the other.
 * @throws M2atError `data` when a file is truncated or a label is not between 0 and 9; `cancelled`
 */
export async function readCifar10(
  folder: string,
  files: readonly Cifar10File[],
  count: number,
  o: { readonly signal?: AbortSignal | undefined; readonly onImages?: (images: number) => void } = {},
): Promise<Omit<MemoryArrays, 'split'>> {
  // Shared, so that the thread that prepares batches needs no copy.
  const images = new Uint8Array(new SharedArrayBuffer(count * pixels * channels));
  const labels = new Int32Array(new SharedArrayBuffer(count * Int32Array.BYTES_PER_ELEMENT));
  let first = 0;
  for (const { name, records } of files) {
    const wanted = Math.min(records, count - first);
    if (wanted <= 0) break;
    const file = path.join(folder, name);
    if (o.signal?.aborted) throw new M2atError('cancelled', 'loading was cancelled', { where: file });
    const data = await readStart(file, wanted * recordBytes);
    for (let record = 0; record < wanted; record++) {
      const label = data[record * recordBytes] ?? classes;
      if (label >= classes) {
        throw new M2atError('data', `record ${record} has the label ${label}; 0 to 9 are possible`, {
          where: file,
          hint,
        });
      }
      labels[first + record] = label;
      interleave(data, record * recordBytes + 1, images, (first + record) * pixels * channels);
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

async function readStart(file: string, bytes: number): Promise<Uint8Array> {
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
