import type { FileHandle } from 'node:fs/promises';
import { M2atError, type ErrorCode } from '../errors';

/**
 * Fills `bytes` from a position of a file.
 * @throws M2atError with this code when the file ends before that
 */
export async function readExactly(
  handle: FileHandle,
  bytes: Uint8Array,
  position: number,
  where: string,
  { code = 'io', hint }: { readonly code?: ErrorCode; readonly hint?: string } = {},
): Promise<void> {
  const done = await readAtMost(handle, bytes, position);
  if (done === bytes.length) return;
  throw new M2atError(code, `ends after ${position + done} bytes, ${position + bytes.length} are needed`, {
    where,
    ...(hint === undefined ? {} : { hint }),
  });
}

/** Reads into `bytes` from a position until they are full or the file ends; returns how many were read. */
export async function readAtMost(handle: FileHandle, bytes: Uint8Array, position: number): Promise<number> {
  let done = 0;
  while (done < bytes.length) {
    const { bytesRead } = await handle.read(bytes, done, bytes.length - done, position + done);
    if (bytesRead === 0) break;
    done += bytesRead;
  }
  return done;
}
