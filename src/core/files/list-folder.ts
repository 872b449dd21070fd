import type { Dirent } from 'node:fs';
import { opendir } from 'node:fs/promises';
import { M2atError } from '../errors';
import { realPathOf, type ReadOptions } from './open-for-reading';

/** More entries than a program or a person puts into one folder. */
export const MAX_ENTRIES = 20_000;

export type ListOptions = Pick<ReadOptions, 'code' | 'within'> & { readonly maxEntries?: number };

/**
 * The entries of a folder that anybody may have filled, in no order.
 * @throws M2atError with the code of the options when there are more than {@link MAX_ENTRIES}, or a link leads out of
 * where it has to be; the file system's own errors as they are
 */
export async function listFolder(folder: string, options: ListOptions = {}): Promise<Dirent[]> {
  const { code = 'io', within, maxEntries = MAX_ENTRIES } = options;
  const actual = await realPathOf(folder, { code, ...(within !== undefined && { within }) });
  const entries: Dirent[] = [];
  // Leaving the loop closes the folder.
  for await (const entry of await opendir(actual, { bufferSize: 256 })) {
    if (entries.length === maxEntries) {
      throw new M2atError(code, `the folder has more than ${maxEntries} entries`, {
        where: folder,
        hint: 'Move some of them elsewhere.',
      });
    }
    entries.push(entry);
  }
  return entries;
}

/** The names in a folder, as {@link listFolder}; none where it can't be read. */
export async function namesIn(folder: string, options: ListOptions = {}): Promise<string[]> {
  return (await listFolder(folder, options).catch(() => [])).map(({ name }) => name);
}
