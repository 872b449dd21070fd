import { M2atError } from '../errors';
import { readError, withOpenFile } from '../files/open-for-reading';
import { readExactly } from '../files/read-exactly';
import { NPY_START_BYTES, parseNpyHeader, type NpyHeader } from './npy';

/** More than that is refused before anything is allocated. */
export const MAX_NPY_BYTES = 2 ** 31;

export interface NpyArray {
  readonly header: NpyHeader;
  /** The values as they are in the file, aligned to 8 bytes. */
  readonly data: Uint8Array<ArrayBuffer>;
}

type RowChoice = readonly number[] | undefined;

const code = 'data';

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
  const read = withOpenFile(file, { code }, async ({ handle, size }): Promise<NpyArray> => {
    const start = new Uint8Array(Math.min(size, NPY_START_BYTES));
    await readExactly(handle, start, 0, file, { code });
    const header = parseNpyHeader(start, file);
    const expected = header.offset + header.bytes;
    if (size !== expected) {
      const problem = size < expected ? 'truncated' : 'longer than its header says';
      throw new M2atError(code, `${problem}: ${size} bytes, expected ${expected}`, { where: file });
    }
    const rows = await choose(header);
    const rowBytes = header.bytes / Math.max(1, header.shape[0] ?? 1);
    const bytes = rows ? rows.length * rowBytes : header.bytes;
    if (bytes > MAX_NPY_BYTES) {
      throw new M2atError(code, `${bytes} bytes of values; at most ${MAX_NPY_BYTES} are read`, {
        where: file,
        hint: 'Ask for fewer images (-n, --indices), save fewer, or the same as uint8.',
      });
    }
    const data = new Uint8Array(bytes);
    for (const { first, count, at } of rows ? spansOf(rows) : []) {
      const part = data.subarray(at * rowBytes, (at + count) * rowBytes);
      await readExactly(handle, part, header.offset + first * rowBytes, file, { code });
    }
    if (!rows) await readExactly(handle, data, header.offset, file, { code });
    return { header, data };
  });
  return read.catch((error: unknown) => {
    throw readError(error, file, { code });
  });
}

/** Rows that follow one another in the file and in the choice, which one call reads. */
export function spansOf(rows: readonly number[]): { first: number; count: number; at: number }[] {
  const spans: { first: number; count: number; at: number }[] = [];
  for (const [at, row] of rows.entries()) {
    const last = spans.at(-1);
    if (last && row === last.first + last.count) last.count++;
    else spans.push({ first: row, count: 1, at });
  }
  return spans;
}
