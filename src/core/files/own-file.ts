import { constants, type Stats } from 'node:fs';
import { lstat, open, rm, type FileHandle } from 'node:fs/promises';
import path from 'node:path';
import { M2atError } from '../errors';
import { hasCode } from './error-code';
import { fileError } from './file-error';
import { assertOwnFolder, isOfRuns, modeOf } from './own-folders';

const { O_APPEND, O_CREAT, O_EXCL, O_RDWR, O_WRONLY } = constants;
/** Windows has neither flag; there only the checks before and after opening count. */
const CAREFULLY = process.platform === 'win32' ? 0 : constants.O_NOFOLLOW | constants.O_NONBLOCK;

/**
 * Opens a file of ours to append to, and makes it where there is none (readable by its owner only in a run).
 * @throws M2atError `bad-input` for a link, a file with several names, or no file; `io`
 */
export function openToAppend(file: string): Promise<FileHandle> {
  return opened(file, async () => {
    if (await ownFile(file)) return openExisting(file, O_WRONLY | O_APPEND);
    return open(file, O_WRONLY | O_APPEND | O_CREAT | O_EXCL, modeOf(file)).catch((error: unknown) => {
      if (hasCode(error, 'EEXIST')) return openExisting(file, O_WRONLY | O_APPEND);
      throw error;
    });
  });
}

/**
 * Opens a file of ours to read and write.
 * @returns undefined when there is none
 * @throws M2atError `bad-input` as {@link openToAppend}; `io`
 */
export function openToUpdate(file: string): Promise<FileHandle | undefined> {
  return opened(file, async () => ((await ownFile(file)) ? openExisting(file, O_RDWR) : undefined));
}

/**
 * Opens a file to write that must not be there yet; in a run it can be read by its owner only.
 * @returns undefined when something is there
 * @throws M2atError `bad-input` for a folder that is a link; `io`
 */
export function openNew(file: string): Promise<FileHandle | undefined> {
  return opened(file, () =>
    open(file, O_WRONLY | O_CREAT | O_EXCL, modeOf(file)).catch((error: unknown) => {
      if (hasCode(error, 'EEXIST')) return undefined;
      throw error;
    }),
  );
}

/** Appends a text to a file of ours. @throws M2atError as {@link openToAppend} */
export async function appendToFile(
  file: string,
  text: string,
  { sync = false }: { readonly sync?: boolean } = {},
): Promise<void> {
  const handle = await openToAppend(file);
  try {
    await handle.writeFile(text);
    if (sync) await handle.datasync();
  } catch (error) {
    throw fileError(error, file);
  } finally {
    await handle.close();
  }
}

/** Removes a file, or the link in its place, if it is there. @throws M2atError `bad-input` for a folder that is a link; `io` */
export async function removeFile(file: string): Promise<void> {
  await assertOwnFolder(path.dirname(file));
  await rm(file, { force: true }).catch((error: unknown) => {
    throw fileError(error, file);
  });
}

/**
 * Makes sure that a file of a run may be replaced: where something is, it is a file. Elsewhere whatever the user named
 * is replaced, and no link is followed either.
 * @throws M2atError `bad-input`, `io`
 */
export async function assertReplaceable(file: string): Promise<void> {
  await assertOwnFolder(path.dirname(file));
  if (isOfRuns(file)) {
    const found = await statOf(file);
    if (found) assertRegular(file, found);
  }
}

async function opened<T>(file: string, open: () => Promise<T>): Promise<T> {
  await assertOwnFolder(path.dirname(file));
  try {
    return await open();
  } catch (error) {
    throw fileError(error, file);
  }
}

/** What is there, checked; undefined for nothing. */
async function ownFile(file: string): Promise<Stats | undefined> {
  const found = await statOf(file);
  if (found) assertOwn(file, found);
  return found;
}

function statOf(file: string): Promise<Stats | undefined> {
  return lstat(file).catch((error: unknown) => {
    if (hasCode(error, 'ENOENT')) return undefined;
    throw fileError(error, file);
  });
}

/** Looked at before (opening a device may do something) and after: what was opened is what was looked at. */
async function openExisting(file: string, flags: number): Promise<FileHandle> {
  const before = await ownFile(file);
  const handle = await open(file, flags | CAREFULLY);
  try {
    const after = await handle.stat();
    assertOwn(file, after);
    if (before?.ino !== after.ino || before.dev !== after.dev) throw refused(file, 'was exchanged just now');
    return handle;
  } catch (error) {
    await handle.close();
    throw error;
  }
}

/** Another name of the same file may be anywhere. */
function assertOwn(file: string, found: Stats): void {
  assertRegular(file, found);
  if (found.nlink > 1) {
    throw refused(
      file,
      `is the same file as ${found.nlink - 1} elsewhere (a hard link)`,
      'Put a copy of it in its place.',
    );
  }
}

function assertRegular(file: string, found: Stats): void {
  if (found.isSymbolicLink()) throw refused(file, 'is a link, and nothing of a run is written through one');
  if (!found.isFile()) throw refused(file, `is ${kindOf(found)}, where a file has to be`);
}

function kindOf(found: Stats): string {
  if (found.isDirectory()) return 'a folder';
  if (found.isFIFO()) return 'a named pipe';
  if (found.isSocket()) return 'a socket';
  return 'a device';
}

function refused(where: string, what: string, hint = 'Remove it, or move it away.'): M2atError {
  return new M2atError('bad-input', what, { where, hint });
}
