import { assertAtMost } from './read-limited';
import { withOpenFile, type ReadOptions } from './open-for-reading';

const CHUNK = 1 << 20;

/**
 * The bytes of a file in chunks of at most 1 MiB, each of which is only as it is until the next.
 * @throws M2atError as `readLimited`
 */
export function readChunks(
  file: string,
  maxBytes: number,
  take: (chunk: Uint8Array) => void,
  options: ReadOptions & { readonly signal?: AbortSignal | undefined } = {},
): Promise<void> {
  return withOpenFile(file, options, async ({ handle, size }) => {
    assertAtMost(size, maxBytes, file, options);
    const chunk = new Uint8Array(Math.min(CHUNK, size + 1));
    for (let position = 0; ;) {
      options.signal?.throwIfAborted();
      const { bytesRead } = await handle.read(chunk, 0, chunk.length, position);
      if (bytesRead === 0) return;
      position += bytesRead;
      assertAtMost(position, maxBytes, file, options);
      take(chunk.subarray(0, bytesRead));
    }
  });
}
