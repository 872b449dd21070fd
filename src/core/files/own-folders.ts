import { lstat, mkdir, realpath, rename, rm, unlink } from 'node:fs/promises';
import path from 'node:path';
import { M2atError } from '../errors';
import { hasCode } from './error-code';
import { fileError } from './file-error';
import { allowedRunFolders, RUN_FOLDERS_VARIABLE, RUNS_PATH } from './run-folders';

/** Of a run's folders and files: nobody but their owner reads them. */
const PRIVATE_FOLDER = 0o700;
const PRIVATE_FILE = 0o600;

/** Whether a path lies in the `.m2at/runs` of some root: what is there came from us, or pretends to. */
export function isOfRuns(file: string): boolean {
  return foldersOf(path.dirname(path.resolve(file))).length > 0;
}

/** With which permissions a file is made: private in a run, what is usual elsewhere. */
export function modeOf(file: string): number {
  return isOfRuns(file) ? PRIVATE_FILE : 0o666;
}

/**
 * Makes sure that what is written in a folder of a run stays there: from `.m2at` on, no part of its path is a link. A link
 * at `.m2at` or `runs` may lead to where the user allows runs ({@link allowedRunFolders}). Folders that are not there, and
 * those outside of `.m2at/runs`, are none of its business.
 * @throws M2atError `bad-input` for a link, and for something else than a folder; `io`
 */
export async function assertOwnFolder(folder: string): Promise<void> {
  for (const [depth, part] of foldersOf(path.resolve(folder)).entries()) {
    if (!(await isOwnFolder(part, depth))) return;
  }
}

/**
 * Makes a folder and those above it that are missing. Folders of runs, `.m2at` and `runs` themselves, can be read by
 * their owner only; those that are there stay as they are, and are checked as by {@link assertOwnFolder}.
 * @returns whether this call made it
 * @throws M2atError `bad-input`, `io`
 */
export async function makeOwnFolder(folder: string): Promise<boolean> {
  const absolute = path.resolve(folder);
  const parts = foldersOf(absolute);
  if (parts.length === 0) return (await makeFolder(absolute, { recursive: true })) !== undefined;
  let made = false;
  for (const [depth, part] of parts.entries()) {
    made = false;
    if (await isOwnFolder(part, depth)) continue;
    // Somebody else may make it just now.
    made = await makeFolder(part, { mode: PRIVATE_FOLDER }).then(
      () => true,
      (error: unknown) => {
        if (error instanceof M2atError && hasCode(error.cause, 'EEXIST')) return false;
        throw error;
      },
    );
    if (!made && !(await isOwnFolder(part, depth))) throw refused(part, 'was removed just now');
  }
  return made;
}

/**
 * Removes a folder and everything in it; of a link, here or inside, the link alone.
 * @throws M2atError `bad-input` when a folder above is a link; `io`
 */
export async function removeOwnFolder(folder: string): Promise<void> {
  const parent = path.dirname(folder);
  await assertOwnFolder(parent);
  try {
    if ((await lstat(folder)).isSymbolicLink()) {
      await unlink(folder);
      return;
    }
    // Renamed first: a deletion that is cut short leaves no half of it in a list.
    const condemned = path.join(parent, `.deleted~${path.basename(folder)}`);
    await rm(condemned, { recursive: true, force: true });
    await rename(folder, condemned);
    await rm(condemned, { recursive: true, force: true, maxRetries: 5 });
  } catch (error) {
    throw fileError(error, folder);
  }
}

/** `.m2at` and the folders below it that a path goes through, outermost first; none for a path outside of `.m2at/runs`. */
function foldersOf(absolute: string): string[] {
  const parts = absolute.split(path.sep);
  const [top, below] = RUNS_PATH;
  const at = parts.findLastIndex((part, i) => part === top && parts[i + 1] === below);
  return at < 0 ? [] : parts.slice(at).map((_, i) => parts.slice(0, at + i + 1).join(path.sep));
}

/** @returns whether it is there at all */
async function isOwnFolder(folder: string, depth: number): Promise<boolean> {
  const found = await lstat(folder).catch((error: unknown) => {
    if (hasCode(error, 'ENOENT')) return undefined;
    throw fileError(error, folder);
  });
  if (!found) return false;
  if (found.isSymbolicLink()) await assertAllowed(folder, depth);
  else if (!found.isDirectory()) throw refused(folder, 'is no folder', 'Remove it, or move it away.');
  return true;
}

/** @throws M2atError `bad-input` unless a link leads to where the user allows runs */
async function assertAllowed(link: string, depth: number): Promise<void> {
  const what = 'is a link, and a run is written to folders of its own only';
  if (depth >= RUNS_PATH.length) throw refused(link, what, 'Remove the link, or put a folder in its place.');
  const target = await realpath(link).catch(() => undefined);
  for (const allowed of target === undefined ? [] : allowedRunFolders()) {
    const real = await realpath(allowed).catch(() => undefined);
    if (target !== undefined && real !== undefined && isWithin(target, real)) return;
  }
  const hint = `Remove the link, or, if your runs belong ${target === undefined ? 'there' : `in ${target}`}, name that folder in the setting m2at.runFolders (on the command line: in ${RUN_FOLDERS_VARIABLE}).`;
  throw refused(link, what, hint);
}

function isWithin(file: string, folder: string): boolean {
  const relative = path.relative(folder, file);
  return !path.isAbsolute(relative) && relative.split(path.sep)[0] !== '..';
}

async function makeFolder(
  folder: string,
  options: { readonly recursive?: true; readonly mode?: number },
): Promise<string | undefined> {
  try {
    return await mkdir(folder, options);
  } catch (error) {
    throw fileError(error, folder);
  }
}

function refused(where: string, what: string, hint?: string): M2atError {
  return new M2atError('bad-input', what, { where, ...(hint !== undefined && { hint }) });
}
