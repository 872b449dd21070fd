import path from 'node:path';
import { M2atError } from '../errors';
import { readError, withOpenFile } from '../files/open-for-reading';
import { otherChecksum, type Checksum } from './checksum';
import type { VerifiedFiles } from './verified-files';

/** A file of a data set, as its authors published it. */
export interface PublishedFile {
  readonly name: string;
  /** Its size, or where that is not published more than it has. */
  readonly maxBytes: number;
  /** Whether `maxBytes` is its size. */
  readonly exact?: boolean;
  readonly checksum: Checksum;
}

/**
 * Checks size and checksum of each file.
 * @throws M2atError `data` for the first that is missing, truncated or altered; `cancelled`
 */
export async function checkFiles(
  folder: string,
  files: readonly PublishedFile[],
  { hint }: { readonly hint: string },
  verified: VerifiedFiles,
  signal?: AbortSignal,
): Promise<void> {
  const options = { code: 'data', hint } as const;
  for (const { name, maxBytes, exact, checksum } of files) {
    const file = path.join(folder, name);
    try {
      const size = await withOpenFile(file, options, (opened) => Promise.resolve(opened.size));
      if (exact === true && size !== maxBytes) {
        throw new M2atError('data', `${size} bytes, expected ${maxBytes}`, { where: file, hint });
      }
      const actual = await verified.checksum(file, checksum.algorithm, signal);
      if (actual !== checksum.hex) {
        throw new M2atError('data', `the file was altered: ${otherChecksum(actual, checksum)}`, {
          where: file,
          hint,
        });
      }
    } catch (error) {
      if (signal?.aborted) throw new M2atError('cancelled', 'loading was cancelled', { where: file });
      throw readError(error, file, options);
    }
  }
}
