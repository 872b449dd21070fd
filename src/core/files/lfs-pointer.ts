import type { FileHandle } from 'node:fs/promises';
import { M2atError, type ErrorCode } from '../errors';
import { readAtMost } from './read-exactly';

/** A pointer has less than 1024 bytes (specification of git-lfs). */
const POINTER_BYTES = 1024;
/** Its first line; the second name is that of the format's first versions. */
const POINTER = /^version https:\/\/(?:git-lfs|hawser)\.github\.com\/spec\/v1\r?\n/;

/** Whether a file that begins like this is what Git LFS leaves in place of a large one that it did not fetch. */
export function isLfsPointer(head: Uint8Array): boolean {
  return POINTER.test(
    Buffer.from(head.buffer, head.byteOffset, Math.min(head.byteLength, 64)).toString('latin1'),
  );
}

/** @throws M2atError with this code when the file is a Git LFS pointer */
export async function assertNoLfsPointer(
  handle: FileHandle,
  size: number,
  file: string,
  { code = 'io' }: { readonly code?: ErrorCode },
): Promise<void> {
  if (size === 0 || size >= POINTER_BYTES) return;
  const head = Buffer.alloc(64);
  const length = await readAtMost(handle, head, 0);
  if (!isLfsPointer(head.subarray(0, length))) return;
  throw new M2atError(code, 'is a Git LFS pointer: the file that it stands for was not fetched', {
    where: file,
    hint: '`git lfs pull` fetches it.',
  });
}
