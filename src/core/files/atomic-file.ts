import { randomBytes } from 'node:crypto';
import { open, rename, rm, type FileHandle } from 'node:fs/promises';
import path from 'node:path';
import { hasCode } from './error-code';
import { fileError } from './file-error';
import { assertReplaceable } from './own-file';
import { modeOf } from './own-folders';

export interface AtomicOptions {
  /** False for what is worth nothing a moment later: a crash of the machine may leave an empty file. Default: true. */
  readonly flush?: boolean;
}

/**
 * Writes a file so that readers and crashes see either the old content or the new, never a part: a temporary
 * file beside it is written, flushed to the disk and renamed over it. Files of a run can be read by their owner only.
 * @throws M2atError `bad-input` where a run has something else than folders and a file of its own; `io` that says what
 * the file system refused; the temporary file is removed
 */
export function writeFileAtomic(
  file: string,
  data: string | Uint8Array,
  options?: AtomicOptions,
): Promise<void> {
  return writePiecesAtomic(file, (handle) => handle.writeFile(data), options);
}

/** The same for what is not in memory as a whole. @param write writes it to the end of the file, piece by piece */
export async function writePiecesAtomic(
  file: string,
  write: (handle: FileHandle) => Promise<void>,
  { flush = true }: AtomicOptions = {},
): Promise<void> {
  await assertReplaceable(file);
  const temporary = temporaryName(file);
  try {
    const handle = await open(temporary, 'wx', modeOf(file));
    try {
      await write(handle);
      if (flush) await handle.sync();
    } finally {
      await handle.close();
    }
    await renameOver(temporary, file);
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => undefined);
    throw fileError(error, file);
  }
  if (flush) await syncFolder(path.dirname(file));
}

/** The name of a file that {@link writeFileAtomic} had not finished when its process ended. */
export function isTemporary(name: string): boolean {
  return /^\..+\.[0-9a-f]{8}\.tmp$/.test(name);
}

function temporaryName(file: string): string {
  return path.join(path.dirname(file), `.${path.basename(file)}.${randomBytes(4).toString('hex')}.tmp`);
}

/** On Windows a rename fails for as long as another process (a virus scanner, an editor) has the target open. */
async function renameOver(from: string, to: string): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      await rename(from, to);
      return;
    } catch (error) {
      const busy = hasCode(error, 'EPERM') || hasCode(error, 'EBUSY');
      if (process.platform !== 'win32' || !busy || attempt === 10) throw error;
      await new Promise((resolve) => setTimeout(resolve, 20 * attempt));
    }
  }
}

/** Makes the rename itself durable. Windows can't open folders, and needs no such step. */
async function syncFolder(folder: string): Promise<void> {
  if (process.platform === 'win32') return;
  const handle = await open(folder, 'r').catch(() => undefined);
  try {
    // Some network file systems refuse this; the content is flushed all the same.
    await handle?.sync().catch(() => undefined);
  } finally {
    await handle?.close();
  }
}
