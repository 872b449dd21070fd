import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { cacheFolder } from './cache-folder';

/**
 * Where a picture of a data set is written; its folder is there then.
 * @param out the user's choice; absent: in the cache, where the next picture of the same name replaces it
 * @returns an absolute path
 */
export async function pictureFile(name: string, out?: string): Promise<string> {
  const file = path.resolve(out ?? path.join(cacheFolder(), 'pictures', `${name.replaceAll('/', '-')}.png`));
  await mkdir(path.dirname(file), { recursive: true });
  return file;
}
