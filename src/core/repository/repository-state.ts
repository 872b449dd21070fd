import { stat } from 'node:fs/promises';
import path from 'node:path';
import { readLimited } from '../files/read-limited';
import { readText } from '../files/text';
import { findRepository, type Repository } from './find-repository';
import { readIndex, type IndexEntry } from './git-index';
import { readObject } from './git-object';
import { headCommit, type HeadCommit } from './head-commit';
import { treeOfIndex } from './index-tree';
import { isChanged, placeOf } from './work-tree';

/** What a folder was under version control. */
export interface RepositoryState extends HeadCommit {
  /**
   * Whether a file that git tracks differed from the commit, or the file that was asked about was not in it. Absent where
   * that can't be said without running something.
   */
  readonly dirty?: boolean;
}

/** A training is not held up for longer, in milliseconds. */
const TIME = 2000;
const MAX_INDEX = 2 ** 26;
const MAX_ENTRIES = 200_000;

/**
 * The commit that a folder stands on, and whether it was changed since. git is not asked: what it would run (hooks, filters,
 * monitors, helpers) is configured by whoever made the folder. The files of the repository are read, and nothing is written.
 * @param file of which the commit tells what is in it
 * @returns undefined where there is no repository or no commit, and where it takes too long
 */
export async function repositoryState(
  folder: string,
  { file, time = TIME }: { readonly file?: string | undefined; readonly time?: number } = {},
): Promise<RepositoryState | undefined> {
  const ends = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => {
      ends.abort();
      resolve(undefined);
    }, time);
  });
  const inTime = <T>(answer: Promise<T>): Promise<T | undefined> =>
    Promise.race([answer.catch(() => undefined), late]);
  try {
    const repository = await inTime(findRepository(folder));
    const head = repository && (await inTime(headCommit(repository)));
    if (!head) return undefined;
    const dirty = await inTime(isDirty(repository, head, { file, signal: ends.signal }));
    return { ...head, ...(dirty !== undefined && { dirty }) };
  } finally {
    clearTimeout(timer);
  }
}

async function isDirty(
  repository: Repository,
  { commit }: HeadCommit,
  { file, signal }: { readonly file: string | undefined; readonly signal: AbortSignal },
): Promise<boolean | undefined> {
  const { workTree, gitFolder, commonFolder } = repository;
  const hashBytes = commit.length / 2;
  const indexFile = path.join(gitFolder, 'index');
  const { mtimeNs } = await stat(indexFile, { bigint: true });
  const entries = readIndex(await readLimited(indexFile, MAX_INDEX), hashBytes);
  if (entries.length > MAX_ENTRIES) return undefined;
  if (entries.some(({ unsettled }) => unsettled)) return true;
  if (file !== undefined && !isIn(entries, path.relative(workTree, file))) return true;
  const object = await readObject(path.join(commonFolder, 'objects'), commit);
  const [, tree] = /^tree ([0-9a-f]+)\n/.exec(object?.toString('latin1', 0, 100) ?? '') ?? [];
  if (tree === undefined) return undefined;
  if (treeOfIndex(entries, hashBytes).toString('hex') !== tree) return true;
  const config = await readText(path.join(commonFolder, 'config'), 2 ** 20).catch(() => '');
  const modes = process.platform !== 'win32' && !/^\s*filemode\s*=\s*false/im.test(config);
  const filters = await hasFilters(repository, entries);
  return isChanged(entries, { workTree, hashBytes, indexTime: mtimeNs, modes, filters, signal });
}

function isIn(entries: readonly IndexEntry[], relative: string): boolean {
  const name = Buffer.from(relative.split(path.sep).join('/')).toString('latin1');
  return entries.some((entry) => entry.name === name);
}

/** Whether an attributes file asks for a conversion that is done by a program, or that is not known here. */
async function hasFilters(
  { workTree, commonFolder }: Repository,
  entries: readonly IndexEntry[],
): Promise<boolean> {
  const own = entries
    .filter(({ name }) => name === '.gitattributes' || name.endsWith('/.gitattributes'))
    .flatMap((entry) => placeOf(workTree, entry) ?? []);
  for (const file of [path.join(commonFolder, 'info', 'attributes'), ...own]) {
    const text = await readText(file, 2 ** 20).catch(() => '');
    if (/\s(?:filter|working-tree-encoding|ident)(?:=|\s|$)/.test(text)) return true;
  }
  return false;
}
