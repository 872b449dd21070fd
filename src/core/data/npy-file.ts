import { constants } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';
import { hasCode } from '../files/error-code';
import { M2atError, messageOf } from '../errors';
import { NPY_START_BYTES, parseNpyHeader, type NpyHeader } from './npy';

/** Larger arrays are refused before anything is allocated. */
export const MAX_NPY_BYTES = 2 ** 31;

export interface NpyArray {
  readonly header: NpyHeader;
  /** The values as they are in the file, aligned to 8 bytes. */
  readonly data: Uint8Array<ArrayBuffer>;
}

/** Opening a named pipe must not wait for its other end (the flag is absent on Windows, and so are the pipes). */
const readOnly = constants.O_RDONLY | (process.platform === 'win32' ? 0 : constants.O_NONBLOCK);

/**
 * Reads a `.npy` file.
 * @param fits checks the header before the values are read; throws for what it does not want
 * @throws M2atError `data`: missing, no `.npy`, truncated, with bytes after its end, or above {@link MAX_NPY_BYTES}
 */
export async function readNpy(file: string, fits: (header: NpyHeader) => void): Promise<NpyArray> {
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
    if (header.bytes > MAX_NPY_BYTES) {
      throw new M2atError('data', `${header.bytes} bytes of values; at most ${MAX_NPY_BYTES} are read`, {
        where: file,
        hint: 'Save fewer images, or the same as uint8.',
      });
    }
    fits(header);
    return { header, data: await readBytes(handle, header.offset, header.bytes, file) };
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
  return parseNpyHeader(await readBytes(handle, 0, Math.min(size, NPY_START_BYTES), file), file);
}

async function readBytes(
  handle: FileHandle,
  from: number,
  bytes: number,
  file: string,
): Promise<Uint8Array<ArrayBuffer>> {
  const data = new Uint8Array(bytes);
  for (let done = 0; done < bytes;) {
    const { bytesRead } = await handle.read(data, done, bytes - done, from + done);
    if (bytesRead === 0) throw new M2atError('data', `ends after ${from + done} bytes`, { where: file });
    done += bytesRead;
  }
  return data;
}
