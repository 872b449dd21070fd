import { rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { openNew } from '../../core/files/own-file';

const SUFFIX = '.m2at.json';

/** `a.m2at.json`, `a-2.m2at.json`, `a-3.m2at.json`, … of a folder. */
function candidate(folder: string, name: string, number: number): string {
  return path.join(folder, `${name}${number === 1 ? '' : `-${number}`}${SUFFIX}`);
}

/** What comes before `.m2at.json` in a file's name. */
export function experimentName(file: string): string {
  return path.basename(file, SUFFIX);
}

/** The first of an experiment's names that neither the disk nor `taken` has. @returns its path */
export async function freeFile(
  folder: string,
  name: string,
  taken: (file: string) => boolean,
): Promise<string> {
  for (let number = 1; ; number++) {
    const file = candidate(folder, name, number);
    const exists = await stat(file).then(
      () => true,
      () => false,
    );
    if (!exists && !taken(file)) return file;
  }
}

/**
 * Writes a new file under the first of its names that is free. A file that is there is never overwritten, not even one
 * that comes at the same moment; one that could not be written whole does not stay.
 * @returns its path
 * @throws M2atError `io`, and the file system's errors
 */
export async function writeNewFile(folder: string, name: string, text: string): Promise<string> {
  for (let number = 1; ; number++) {
    const file = candidate(folder, name, number);
    const handle = await openNew(file);
    if (!handle) continue;
    try {
      await handle.writeFile(text);
      await handle.close();
    } catch (error) {
      await handle.close().catch(() => undefined);
      await rm(file, { force: true });
      throw error;
    }
    return file;
  }
}
