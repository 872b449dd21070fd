import { constants } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';
import { hasCode } from '../files/error-code';
import { M2atError, messageOf } from '../errors';
import { NPY_START_BYTES, parseNpyHeader, type NpyHeader } from './npy';

/** More than that is refused before anything is allocated. */
export const MAX_NPY_BYTES = 2 ** 31;

export interface NpyArray {
  readonly header: NpyHeader;
  /** The values as they are in the file, aligned to 8 bytes. */
  readonly data: Uint8Array<ArrayBuffer>;
}

type RowChoice = readonly number[] | undefined;

/** Opening a named pipe must not wait for its other end (the flag is absent on Windows, and so are the pipes). */
const readOnly = constants.O_RDONLY | (process.platform === 'win32' ? 0 : constants.O_NONBLOCK);

/**
 * Reads a `.npy` file.
 * @param fits checks the header before the values are read; throws for what it does not want
 * @throws M2atError `data`: missing, no `.npy`, truncated, with bytes after its end, or above {@link MAX_NPY_BYTES}
 */
export function readNpy(file: string, fits: (header: NpyHeader) => void): Promise<NpyArray> {
  return readNpyRows(file, (header) => {
    fits(header);
    return undefined;
  });
}

/**
 * Reads some rows of a `.npy` file: entries of its first axis. However large the file is, no more is read.
 * @param choose checks the header and returns the rows to read, each below `shape[0]`; undefined: all
 * @returns the header of the whole file, and the values of the rows in their order
 * @throws M2atError `data`: as {@link readNpy}; the limit is about what is read
 */
export async function readNpyRows(
  file: string,
  choose: (header: NpyHeader) => RowChoice | Promise<RowChoice>,
): Promise<NpyArray> {
  let handle: FileHandle | undefined;
  try {
    handle = await open(file, readOnly);
    const found = await handle.stat();
    if (!found.isFile()) throw new M2atError('data', 'no regular file', { where: file });
    const header = await readHeader(handle, found.size, file);
    const expected = header.offset + header.bytes;
    if (found.size !== expected) {
      const problem = found.size < expected ? 'truncated' : 'longer than its header says';
      throw new M2atError('data', `${problem}: ${found.size} bytes, expected ${expected}`, { where: file });
    }
    const rows = await choose(header);
    const rowBytes = header.bytes / Math.max(1, header.shape[0] ?? 1);
    const bytes = rows ? rows.length * rowBytes : header.bytes;
    if (bytes > MAX_NPY_BYTES) {
      throw new M2atError('data', `${bytes} bytes of values; at most ${MAX_NPY_BYTES} are read`, {
        where: file,
        hint: 'Ask for fewer images (-n, --indices), save fewer, or the same as uint8.',
      });
    }
    const data = new Uint8Array(bytes);
    for (const { first, count, at } of rows ? spansOf(rows) : []) {
      const part = data.subarray(at * rowBytes, (at + count) * rowBytes);
      await readInto(part, handle, header.offset + first * rowBytes, file);
    }
    if (!rows) await readInto(data, handle, header.offset, file);
    return { header, data };
  } catch (error) {
    if (error instanceof M2atError) throw error;
    const missing = hasCode(error, 'ENOENT');
    throw new M2atError('data', missing ? 'the file is missing' : messageOf(error), {
      where: file,
      cause: error,
    });
  } finally {
    await handle?.close();
  }
}

async function readHeader(handle: FileHandle, size: number, file: string): Promise<NpyHeader> {
  const start = new Uint8Array(Math.min(size, NPY_START_BYTES));
  await readInto(start, handle, 0, file);
  return parseNpyHeader(start, file);
}

/** Rows that follow one another in the file and in the choice, which one call reads. */
function spansOf(rows: readonly number[]): { first: number; count: number; at: number }[] {
  const spans: { first: number; count: number; at: number }[] = [];
  for (const [at, row] of rows.entries()) {
    const last = spans.at(-1);
    if (last && row === last.first + last.count) last.count++;
    else spans.push({ first: row, count: 1, at });
  }
  return spans;
}

/** Fills `target` with the bytes from `from` on. */
async function readInto(target: Uint8Array, handle: FileHandle, from: number, file: string): Promise<void> {
  for (let done = 0; done < target.length;) {
    const { bytesRead } = await handle.read(target, done, target.length - done, from + done);
    if (bytesRead === 0) throw new M2atError('data', `ends after ${from + done} bytes`, { where: file });
    done += bytesRead;
  }
}
