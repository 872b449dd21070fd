import { stat } from 'node:fs/promises';
import path from 'node:path';
import { M2atError } from '../errors';
import { hasCode } from '../files/error-code';
import { fileError } from '../files/file-error';
import { openNew, removeFile } from '../files/own-file';
import { isAlive } from '../processes/process-alive';
import { thisProcess } from '../processes/process-identity';
import { describeUnknown, livenessOf, type Liveness } from '../processes/process-liveness';
import { processIdentity, type ProcessIdentity } from '../processes/process-origin';
import { readLimited } from '../files/read-limited';

/** Locks that this process has, takes or releases. */
const held = new Set<string>();

const MAX_LOCK_BYTES = 2000;
/** A lock without its content was made just now, or its process was killed before it wrote it, ms. */
const WRITTEN_WITHIN = 5000;

/** Who has a lock: nobody any more, a process that is alive, or nobody knows. */
export interface LockState {
  readonly owner: Liveness;
  /** Why nobody knows. */
  readonly why?: string;
  /** There is none. */
  readonly isAbsent?: true;
}

/**
 * Makes sure that a run is gone on with once at a time; a lock whose process is gone is taken over.
 * @param file the lock, which says whose it is
 * @returns releases the lock
 * @throws M2atError `bad-input` when another process has it, this one already, or nobody can tell; `io`
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
    // Somebody may have removed it, and somebody else have taken it since.
    if ((await readOwner(file)) === ownText()) await removeFile(file).catch(() => undefined);
    held.delete(name);
  };
}

/** Whether anybody has a lock. */
export async function lockState(file: string): Promise<LockState> {
  const text = await readOwner(file);
  if (text === undefined) return { owner: 'gone', isAbsent: true };
  if (/^\d{1,15}$/.test(text)) {
    // Of an earlier version: its own id means an earlier process.
    const pid = Number(text);
    return { owner: pid !== process.pid && isAlive(pid) ? 'alive' : 'gone' };
  }
  const other = parse(text);
  if (other) {
    const owner = await livenessOf(other);
    return owner === 'unknown' ? { owner, why: describeUnknown(other) } : { owner };
  }
  const age = await stat(file).then(
    ({ mtimeMs }) => Date.now() - mtimeMs,
    () => Infinity,
  );
  if (age < WRITTEN_WITHIN) return { owner: 'alive' };
  return text === '' ? { owner: 'gone' } : { owner: 'unknown', why: 'it does not say whose it is' };
}

/** Removes a lock whose owner is gone, or can't be asked. @throws M2atError `bad-input` when it is alive; `io` */
export async function removeLock(file: string): Promise<void> {
  if ((await lockState(file)).owner === 'alive') throw isBeingResumed(file);
  await removeFile(file);
}

async function takeLock(file: string): Promise<void> {
  if ((await createUnlessStale(file)) === 'created') return;
  // Two processes may see the same dead owner: one at a time looks again, and takes over.
  const guard = `${file}.takeover`;
  if ((await createUnlessStale(guard)) === 'stale') await replace(guard);
  try {
    if ((await createUnlessStale(file)) === 'stale') await replace(file);
  } finally {
    await removeFile(guard).catch(() => undefined);
  }
}

/**
 * Makes a lock, also one that was released just now: only what a dead owner has left may ever be removed by others, or it
 * might be that of a new one.
 * @throws M2atError `bad-input` when another process has it, or nobody can tell
 */
async function createUnlessStale(file: string): Promise<'created' | 'stale'> {
  if (await create(file)) return 'created';
  if (!(await assertNotBeingResumed(file)).isAbsent) return 'stale';
  if (await create(file)) return 'created';
  throw isBeingResumed(file);
}

async function replace(file: string): Promise<void> {
  await removeFile(file);
  if (!(await create(file))) throw isBeingResumed(file);
}

/** @param file the lock. @throws M2atError `bad-input` when another process has it, or nobody can tell */
export async function assertNotBeingResumed(file: string): Promise<LockState> {
  const state = await lockState(file);
  const { owner, why } = state;
  if (owner === 'alive') throw isBeingResumed(file);
  if (owner === 'gone') return state;
  throw new M2atError('bad-input', `it can't be told whether the run is being resumed: ${why ?? ''}`, {
    where: file,
    hint: 'If it is not, remove this file and try again.',
  });
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
    await handle.writeFile(ownText());
    return true;
  } catch (error) {
    throw fileError(error, file);
  } finally {
    await handle.close();
  }
}

function ownText(): string {
  return JSON.stringify(thisProcess());
}

/** What a lock says; `?` for what is no such file, undefined where there is none. */
async function readOwner(file: string): Promise<string | undefined> {
  try {
    return (await readLimited(file, MAX_LOCK_BYTES)).toString('utf8');
  } catch (error) {
    return hasCode(error, 'ENOENT') ? undefined : '?';
  }
}

function parse(text: string): ProcessIdentity | undefined {
  try {
    const json: unknown = JSON.parse(text);
    return processIdentity.safeParse(json).data;
  } catch {
    return undefined;
  }
}
