import { createHash } from 'node:crypto';
import { readChunks } from './read-chunks';

/** Larger files than any array. */
const MAX_BYTES = 2 ** 40;

/** The SHA-256 of the bytes of a file: 64 hex digits. @throws M2atError as `readLimited` */
export async function sha256OfFile(file: string): Promise<string> {
  const hash = createHash('sha256');
  await readChunks(file, MAX_BYTES, (chunk) => hash.update(chunk));
  return hash.digest('hex');
}
