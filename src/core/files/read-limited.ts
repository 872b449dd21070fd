import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import { M2atError } from '../errors';

/** Opening a named pipe must not wait for its other end (the flag is absent on Windows, and so are the pipes). */
const readOnly = constants.O_RDONLY | (process.platform === 'win32' ? 0 : constants.O_NONBLOCK);

/**
 * Reads a file that anybody may have put there: a regular one, and not more of it than makes sense.
 * @throws M2atError `io` for something else than a file, or a larger one; the file system's own errors as they are
 */
export async function readLimited(file: string, maxBytes: number): Promise<Buffer> {
  const handle = await open(file, readOnly);
  try {
    const found = await handle.stat();
    if (!found.isFile()) throw new M2atError('io', 'no regular file', { where: file });
    if (found.size > maxBytes) {
      throw new M2atError('io', `has ${found.size} bytes; at most ${maxBytes} are read`, { where: file });
    }
    return await handle.readFile();
  } finally {
    await handle.close();
  }
}
