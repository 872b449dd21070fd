import path from 'node:path';
import { M2atError } from '../errors';
import { readJobState, removeJob } from './job-folder';
import { changeQueue, readQueue, runsPerDevice } from './queue-file';
import { knownJobs, notWaiting, type KnownJobs, type WaitingJob } from './waiting-jobs';

export interface Queue extends KnownJobs {
  readonly runsPerDevice: number;
}

/** What waits and what is at work on this machine, of all folders. */
export async function showQueue(): Promise<Queue> {
  const queue = await readQueue();
  return { runsPerDevice: queue.runsPerDevice, ...(await knownJobs(queue)) };
}

/** Where a job goes among those that wait. */
export type Move = 'up' | 'down' | 'first' | 'last' | { readonly before: string };

/** @throws M2atError `bad-input` when the job does not wait; `io` */
export async function moveInQueue(id: string, move: Move): Promise<void> {
  await changeQueue(async (queue) => {
    const ids = idsOf((await knownJobs(queue)).waiting);
    const from = ids.indexOf(id);
    if (from < 0) throw notWaiting(id);
    ids.splice(from, 1);
    ids.splice(Math.max(0, placeAfter(move, from, ids)), 0, id);
    return { ...queue, order: ids };
  });
}

/** Removes a job that waits: it is never done. @throws M2atError `bad-input` when it does not wait; `io` */
export async function removeFromQueue(id: string): Promise<void> {
  await changeQueue(async (queue) => {
    const { waiting } = await knownJobs(queue);
    const found = waiting.find(({ folder }) => path.basename(folder) === id);
    if (!found || (await readJobState(found.folder)) || !(await removeJob(found.folder)))
      throw notWaiting(id);
    return { ...queue, order: idsOf(waiting).filter((other) => other !== id) };
  });
}

/** Removes those of some jobs that wait. @returns the ids of those that it removed @throws M2atError `io` */
export async function removeAllFromQueue(ids: readonly string[]): Promise<string[]> {
  const removed: string[] = [];
  await changeQueue(async (queue) => {
    const { waiting } = await knownJobs(queue);
    for (const { folder } of waiting) {
      const id = path.basename(folder);
      if (ids.includes(id) && !(await readJobState(folder)) && (await removeJob(folder))) removed.push(id);
    }
    return { ...queue, order: idsOf(waiting).filter((id) => !removed.includes(id)) };
  });
  return removed;
}

/** How many jobs compute on one device at the same time, from now on. @throws M2atError `bad-input` for no such number; `io` */
export async function setRunsPerDevice(count: number): Promise<void> {
  const parsed = runsPerDevice.safeParse(count);
  if (!parsed.success) {
    throw new M2atError('bad-input', `${count} is no number of runs per device`, {
      hint: 'It is a whole number from 1 to 64.',
    });
  }
  if ((await readQueue()).runsPerDevice === parsed.data) return;
  await changeQueue((queue) => Promise.resolve({ ...queue, runsPerDevice: parsed.data }));
}

/** @param others ids of the others, in order. @throws M2atError `bad-input` when the one to be before does not wait */
function placeAfter(move: Move, from: number, others: readonly string[]): number {
  if (typeof move === 'string') return { up: from - 1, down: from + 1, first: 0, last: others.length }[move];
  const place = others.indexOf(move.before);
  if (place < 0) throw notWaiting(move.before);
  return place;
}

function idsOf(waiting: readonly WaitingJob[]): string[] {
  return waiting.map(({ folder }) => path.basename(folder));
}
