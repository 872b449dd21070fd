import { lstat } from 'node:fs/promises';
import path from 'node:path';
import { readText } from '../files/text';

/** A git repository with a work tree, as far as its files say where it is. */
export interface Repository {
  readonly workTree: string;
  /** What belongs to this work tree: HEAD and index. */
  readonly gitFolder: string;
  /** What all of the repository's work trees share: refs and objects. */
  readonly commonFolder: string;
}

const LONGEST_PATH = 4096;
const MOST_FOLDERS = 64;

/** The repository whose work tree a folder is in; undefined for none. @throws the file system's errors */
export async function findRepository(folder: string): Promise<Repository | undefined> {
  let workTree = path.resolve(folder);
  for (let n = 0; n < MOST_FOLDERS; n++) {
    const found = await lstat(path.join(workTree, '.git')).catch(() => undefined);
    if (found?.isDirectory()) return repositoryAt(workTree, path.join(workTree, '.git'));
    // Of a linked work tree, and of a submodule: a file that names the folder.
    if (found?.isFile()) {
      const [, named] =
        /^gitdir: (.+?)\r?\n?$/.exec(await readText(path.join(workTree, '.git'), LONGEST_PATH)) ?? [];
      return named === undefined ? undefined : repositoryAt(workTree, path.resolve(workTree, named));
    }
    const above = path.dirname(workTree);
    if (above === workTree) return undefined;
    workTree = above;
  }
  return undefined;
}

async function repositoryAt(workTree: string, gitFolder: string): Promise<Repository | undefined> {
  if (isElsewhere(gitFolder, workTree)) return undefined;
  const common = await readText(path.join(gitFolder, 'commondir'), LONGEST_PATH).catch(() => '.');
  const commonFolder = path.resolve(gitFolder, common.trim());
  return isElsewhere(commonFolder, workTree) ? undefined : { workTree, gitFolder, commonFolder };
}

/** On Windows, a file that was found must not make this machine log in to another one. */
export function isElsewhere(folder: string, workTree: string): boolean {
  return folder.startsWith('\\\\') && !workTree.startsWith('\\\\');
}
