import { createHash } from 'node:crypto';
import { readChunks } from '../files/read-chunks';

/** What data sets are published with: MD5 tells a damaged file from a whole one, and no more than that. */
export type ChecksumAlgorithm = 'sha256' | 'md5';

export interface Checksum {
  readonly algorithm: ChecksumAlgorithm;
  readonly hex: string;
}

export const sha256Of = (hex: string): Checksum => ({ algorithm: 'sha256', hex });
export const md5Of = (hex: string): Checksum => ({ algorithm: 'md5', hex });

const titles = { sha256: 'SHA-256', md5: 'MD5' };

/** `SHA-256 is …, expected …` */
export function otherChecksum(actual: string, { algorithm, hex }: Checksum): string {
  return `${titles[algorithm]} is ${actual}, expected ${hex}`;
}

/**
 * The checksum of a file, in hex.
 * @throws M2atError `data` when it has more bytes than it should; the file system's error when it can't be read
 */
export async function hashFile(
  file: string,
  maxBytes: number,
  { algorithm = 'sha256', signal }: { algorithm?: ChecksumAlgorithm; signal?: AbortSignal | undefined } = {},
): Promise<string> {
  const hash = createHash(algorithm);
  await readChunks(file, maxBytes, (chunk) => hash.update(chunk), { code: 'data', signal });
  return hash.digest('hex');
}
