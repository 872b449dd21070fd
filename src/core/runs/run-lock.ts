import { stat } from 'node:fs/promises';
import path from 'node:path';
import { M2atError } from '../errors';
import { fileError } from '../files/file-error';
import { openNew, removeFile } from '../files/own-file';
import { isAlive } from '../files/process-alive';
import { readLimited } from '../files/read-limited';

/** Locks that this process has, takes or releases: any other lock with its pid is of an earlier process. */
const held = new Set<string>();

/**
 * Makes sure that a run is gone on with once at a time; a lock whose process is gone is taken over.
 * @param file the lock, which holds the pid of its owner
 * @returns releases the lock
 * @throws M2atError `bad-input` when another process has it, or this one already; `io`
 */
export async function lockRun(file: string): Promise<() => Promise<void>> {
  const name = path.resolve(file);
  // Before anything is awaited, so that two calls of this process can't both take over the same lock.
  if (held.has(name)) throw isBeingResumed(file);
  held.add(name);
  try {
    await takeLock(file);
  } catch (error) {
    held.delete(name);
    throw error;
  }
  return async () => {
    await removeFile(file).catch(() => undefined);
    held.delete(name);
  };
}

async function takeLock(file: string): Promise<void> {
  if (await create(file)) return;
  if (await isOwned(file)) throw isBeingResumed(file);
  // Two processes may see the same dead owner: one at a time looks again, and takes over.
  const guard = `${file}.takeover`;
  if (!(await create(guard))) {
    if (await isOwned(guard)) throw isBeingResumed(file);
    await removeFile(guard);
    if (!(await create(guard))) throw isBeingResumed(file);
  }
  try {
    if (await isOwned(file)) throw isBeingResumed(file);
    await removeFile(file);
    if (!(await create(file))) throw isBeingResumed(file);
  } finally {
    await removeFile(guard).catch(() => undefined);
  }
}

function isBeingResumed(file: string): M2atError {
  return new M2atError('bad-input', 'the run is being resumed already', {
    where: file,
    hint: 'Stop that one first.',
  });
}

async function create(file: string): Promise<boolean> {
  const handle = await openNew(file);
  if (!handle) return false;
  try {
    await handle.writeFile(String(process.pid));
    return true;
  } catch (error) {
    throw fileError(error, file);
  } finally {
    await handle.close();
  }
}

/** Whether another process that is alive has the lock. */
async function isOwned(file: string): Promise<boolean> {
  const text = await readLimited(file, 20).then(String, () => '');
  // Its owner is about to write its pid, or was killed before it did.
  if (text === '')
    return stat(file).then(
      ({ mtimeMs }) => Date.now() - mtimeMs < 5000,
      () => false,
    );
  const pid = Number(text);
  return /^\d+$/.test(text) && pid !== process.pid && isAlive(pid);
}
