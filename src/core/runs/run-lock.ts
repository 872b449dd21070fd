import { open, rm, stat } from 'node:fs/promises';
import { M2atError } from '../errors';
import { fileError } from './file-error';
import { isAlive } from './process-alive';
import { readLimited } from './read-limited';

/** Locks of this process: a lock with its pid that is not among them is of an earlier process with the same pid. */
const held = new Set<string>();

/**
 * Makes sure that only one process goes on with a run; a lock whose process is gone is taken over.
 * @param file the lock, which holds the pid of its owner
 * @returns releases the lock
 * @throws M2atError `bad-input` when another process has it; `io`
 */
export async function lockRun(file: string): Promise<() => Promise<void>> {
  for (let attempt = 1; ; attempt++) {
    if (await create(file)) {
      held.add(file);
      return async () => {
        held.delete(file);
        await rm(file, { force: true }).catch(() => undefined);
      };
    }
    if (attempt === 2 || (await isOwned(file))) {
      throw new M2atError('bad-input', 'the run is being resumed by another process', {
        where: file,
        hint: 'Stop that one first.',
      });
    }
    await rm(file, { force: true });
  }
}

async function create(file: string): Promise<boolean> {
  try {
    const handle = await open(file, 'wx');
    try {
      await handle.writeFile(String(process.pid));
    } finally {
      await handle.close();
    }
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false;
    throw fileError(error, file);
  }
}

async function isOwned(file: string): Promise<boolean> {
  const text = await readLimited(file, 20).then(String, () => '');
  // Its owner is about to write its pid, or was killed before it did.
  if (text === '')
    return stat(file).then(
      ({ mtimeMs }) => Date.now() - mtimeMs < 5000,
      () => false,
    );
  const pid = Number(text);
  if (pid === process.pid) return held.has(file);
  return /^\d+$/.test(text) && isAlive(pid);
}
