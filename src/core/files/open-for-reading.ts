import { constants, type Stats } from 'node:fs';
import { lstat, open, realpath, stat, type FileHandle } from 'node:fs/promises';
import path from 'node:path';
import { M2atError, messageOf, type ErrorCode } from '../errors';
import { hasCode } from './error-code';
import { runFolderOf } from './run-folders';
import { assertNoLfsPointer } from './lfs-pointer';

/** How a file is read, and what its errors say. */
export interface ReadOptions {
  /** Of the errors that are thrown; default `io`. */
  readonly code?: ErrorCode;
  /** What to do when it is not what it should be. */
  readonly hint?: string;
  /**
   * A folder that the file must lie in, also after links are followed. Absent: the run that it is in, and outside of runs
   * links may lead anywhere.
   */
  readonly within?: string;
}

export interface OpenFile {
  readonly handle: FileHandle;
  /** Bytes, when it was opened: a file that is written to may have more by now. */
  readonly size: number;
}

/** Opening a named pipe must not wait for its other end. Windows has none of these flags; its pipes are no files. */
const readOnly =
  process.platform === 'win32'
    ? constants.O_RDONLY
    : constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOCTTY;
const noFollow = process.platform === 'win32' ? 0 : constants.O_NOFOLLOW;

/**
 * Opens a file that anybody may have put there, for the time of a call: a regular one, and no Git LFS pointer. A pipe or a
 * device is never waited for.
 * @throws M2atError with the code of the options; the file system's own errors as they are
 */
export async function withOpenFile<T>(
  file: string,
  options: ReadOptions,
  use: (opened: OpenFile) => Promise<T>,
): Promise<T> {
  const handle = await openInside(file, options);
  try {
    const found = await handle.stat();
    assertRegular(found, file, options);
    await assertNoLfsPointer(handle, found.size, file, options);
    return await use({ handle, size: found.size });
  } finally {
    await handle.close();
  }
}

/**
 * Where a file or a folder really is.
 * @throws M2atError when a link leads out of the folder that it has to be in; the file system's own errors as they are
 */
export async function realPathOf(file: string, { code = 'io', within }: ReadOptions): Promise<string> {
  const run = runFolderOf(file);
  const folder = within ?? run;
  if (folder === undefined) return file;
  const [above, actual] = [await realpath(folder), await realpath(file)];
  const relative = path.relative(above, actual);
  const leaves = relative.split(path.sep)[0] === '..' || path.isAbsolute(relative);
  if (leaves || (run !== undefined && (await lstat(run)).isSymbolicLink())) {
    throw new M2atError(code, 'is a link that leads out of its folder', {
      where: file,
      hint: `Replace the link by what it points to, inside ${folder}.`,
    });
  }
  return actual;
}

async function openInside(file: string, options: ReadOptions): Promise<FileHandle> {
  const actual = await realPathOf(file, options);
  // Opening a pipe or a device can do something already; what was opened is looked at once more.
  assertRegular(await stat(actual), file, options);
  return open(actual, actual === file ? readOnly : readOnly | noFollow);
}

function assertRegular(found: Stats, file: string, { code = 'io', hint }: ReadOptions): void {
  if (found.isFile()) return;
  const what = found.isDirectory() ? 'is a folder, no regular file' : 'is no regular file';
  throw new M2atError(code, what, {
    where: file,
    hint: hint ?? 'Put a plain file in its place, or remove it.',
  });
}

/** What kept a file from being read, with the code of the options. An M2atError stays as it is. */
export function readError(error: unknown, file: string, { code = 'io', hint }: ReadOptions = {}): M2atError {
  if (error instanceof M2atError) return error;
  const what = hasCode(error, 'ENOENT') ? 'the file is missing' : `can't be read (${messageOf(error)})`;
  return new M2atError(code, what, { where: file, cause: error, ...(hint === undefined ? {} : { hint }) });
}
