import { stat } from 'node:fs/promises';
import { hostname } from 'node:os';
import path from 'node:path';
import { setTimeout as after } from 'node:timers/promises';
import * as z from 'zod';
import { M2atError } from '../errors';
import { writeFileAtomic } from '../files/atomic-file';
import { readJson } from '../files/json';
import { removeFile } from '../files/own-file';
import { recordForm } from '../records/record-form';
import { lockRun, lockState } from '../runs/run-lock';
import { jobId } from './job-files';
import { jobsFolder, makePrivateFolder } from './state-folder';

const MAX_QUEUE_BYTES = 2 ** 22;
/** Whoever changes the queue has it for as long as the processes that it starts take to say that they are there, ms. */
const PATIENCE_MS = 90_000;
const TRY_AGAIN_MS = 50;
/** Nobody has the queue for so long, ms. */
const ABANDONED_MS = 300_000;

export const runsPerDevice = z.int().min(1).max(64);

/**
 * `queue-HOST.json`, beside the folders of the jobs: a home may be that of several machines. Which jobs wait is said by the jobs themselves, so that none is lost with this
 * file.
 */
export const queueFile = z.object({
  ...recordForm,
  /** Jobs that compute on one device at the same time. */
  runsPerDevice: runsPerDevice.default(1),
  /** Ids of jobs that wait, in the order in which they are to begin; others come after them, the oldest first. */
  order: z.array(jobId).max(100_000).default([]),
});
export type QueueFile = z.output<typeof queueFile>;

/** The queue of this machine, or its lock. */
export function queuePath(ending: 'json' | 'lock'): string {
  return path.join(jobsFolder(), `queue-${hostname().replace(/[^\w.-]/g, '_')}.${ending}`);
}

/** What the file says; the defaults where there is none, or it is damaged. */
export async function readQueue(): Promise<QueueFile> {
  const value = await readJson(queuePath('json'), MAX_QUEUE_BYTES).catch(() => undefined);
  return queueFile.safeParse(value).data ?? { version: 1, runsPerDevice: 1, order: [] };
}

/**
 * Changes the queue, or what waits in it: one process at a time. The lock of one that was killed at it is taken over.
 * @param change what the file says from now on; what it throws leaves it as it was
 * @throws M2atError `io` when another process does not let go of it
 */
export async function changeQueue(change: (queue: QueueFile) => Promise<QueueFile>): Promise<void> {
  await makePrivateFolder(jobsFolder());
  const unlock = await locked(queuePath('lock'));
  try {
    const before = await readQueue();
    const text = JSON.stringify(await change(before));
    if (text !== JSON.stringify(before)) await writeFileAtomic(queuePath('json'), `${text}\n`);
  } finally {
    await unlock();
  }
}

/** Of a process that can't be asked, in a container that is gone, say. */
async function isAbandoned(file: string): Promise<boolean> {
  const found = await stat(file).catch(() => undefined);
  if (!found || Date.now() - found.mtimeMs < ABANDONED_MS) return false;
  return (await lockState(file)).owner === 'unknown';
}

async function locked(file: string): Promise<() => Promise<void>> {
  const until = performance.now() + PATIENCE_MS;
  for (;;) {
    try {
      return await lockRun(file);
    } catch (cause) {
      if (!(cause instanceof M2atError) || cause.code !== 'bad-input') throw cause;
      if (await isAbandoned(file)) {
        await removeFile(file);
        continue;
      }
      if (performance.now() > until) {
        throw new M2atError('io', 'the queue of runs is being changed by another process', {
          where: file,
          hint: 'Try again. If no other window and no other command of m2at is open, remove this file.',
          cause,
        });
      }
    }
    await after(TRY_AGAIN_MS);
  }
}
