import { M2atError } from '../errors';
import { withOpenFile, type ReadOptions } from './open-for-reading';
import { readAtMost } from './read-exactly';

/** Files whose size is not told (those of /proc have 0) are read in pieces, each twice the one before. */
const FIRST_PIECE = 4096;

/**
 * Reads a file that anybody may have put there: a regular one, and not more of it than makes sense, whatever its size was
 * said to be.
 * @throws M2atError with the code of the options for something else than a file, a larger one, or a Git LFS pointer; the
 * file system's own errors as they are
 */
export function readLimited(
  file: string,
  maxBytes: number,
  options: ReadOptions = {},
): Promise<Buffer<ArrayBuffer>> {
  return withOpenFile(file, options, async ({ handle, size }) => {
    assertAtMost(size, maxBytes, file, options);
    // One more than it should have shows that there is nothing more.
    let bytes = Buffer.allocUnsafeSlow(Math.min(size, maxBytes) + 1);
    let length = await readAtMost(handle, bytes, 0);
    while (length === bytes.length) {
      assertAtMost(length, maxBytes, file, options);
      const larger = Buffer.allocUnsafeSlow(Math.min(Math.max(FIRST_PIECE, 2 * length), maxBytes + 1));
      bytes.copy(larger);
      bytes = larger;
      length += await readAtMost(handle, bytes.subarray(length), length);
    }
    assertAtMost(length, maxBytes, file, options);
    return bytes.subarray(0, length);
  });
}

/** @throws M2atError that says how large the file is and what the limit is */
export function assertAtMost(
  size: number,
  maxBytes: number,
  file: string,
  { code = 'io', hint }: ReadOptions = {},
): void {
  if (size <= maxBytes) return;
  throw new M2atError(code, `has ${size} bytes; at most ${maxBytes} are read`, {
    where: file,
    ...(hint === undefined ? {} : { hint }),
  });
}
