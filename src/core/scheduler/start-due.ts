import { watch, type FSWatcher } from 'node:fs';
import path from 'node:path';
import { M2atError } from '../errors';
import { isThere } from '../files/is-there';
import { readLines } from '../files/read-lines';
import { thisProcess } from '../processes/process-identity';
import { lockRun } from '../runs/run-lock';
import { tokenOfThisProcess } from '../runs/run-owner';
import { countGpus } from './count-gpus';
import { dataOf } from './error-data';
import { jobFile } from './job-files';
import { readJobState, writeJobState } from './job-folder';
import { LastLines } from './last-lines';
import { changeQueue, readQueue, type QueueFile } from './queue-file';
import { dueJobs, freestGpu, placeOf } from './queue-places';
import { startDetached } from './start-detached';
import { knownJobs, notWaiting, type WaitingJob } from './waiting-jobs';

/** How long a process that was started may take to say that it is there, ms. */
const BEGIN_MS = 60_000;
/** Where the system tells of no change, ms. */
const LOOK_MS = 200;
const outputLimits = { maxBytes: 2 ** 20, maxLineBytes: 2 ** 16 } as const;

export interface StartOptions {
  /** Id of a job that is started whatever else goes on. */
  readonly now?: string;
  /** Nobody may be looking: what is to stop then is left to somebody who does. */
  readonly unseen?: boolean;
}

/**
 * Starts the jobs whose turn it is. Whoever ends, starts or is opened calls it: a job that waits is started by the next one
 * that does, also where the process that was about to start it is gone.
 * @param script the worker's bundle; where it is gone, as after an update, nothing is started
 * @throws M2atError `io` when the queue can't be read or changed; `bad-input` when the job to start now does not wait
 */
export async function startDue(script: string, options: StartOptions = {}): Promise<void> {
  if (options.now === undefined && (await dueIn(await readQueue(), options)).due.length === 0) return;
  if (!(await isThere(script)) || !(await isThere(process.execPath))) return;
  await changeQueue(async (queue) => {
    const { due, waiting } = await dueIn(queue, options);
    await Promise.allSettled(due.map(({ job, gpu }) => start(job, script, gpu)));
    const begun = new Set(due.map(({ job }) => path.basename(job.folder)));
    const order = waiting.map(({ folder }) => path.basename(folder)).filter((id) => !begun.has(id));
    return { ...queue, order };
  });
}

interface DueJob {
  readonly job: WaitingJob;
  readonly gpu: number | undefined;
}

/** @throws M2atError `bad-input` when the job to start now does not wait */
async function dueIn(
  queue: QueueFile,
  { now, unseen = false }: StartOptions,
): Promise<{ readonly due: readonly DueJob[]; readonly waiting: readonly WaitingJob[] }> {
  const { waiting, active } = await knownJobs(queue);
  if (waiting.length === 0 && now === undefined) return { due: [], waiting };
  const gpus = await countGpus();
  const places = active.filter(({ paused }) => !paused).map(({ place }) => place(gpus));
  if (now !== undefined) {
    const job = waiting.find(({ folder }) => path.basename(folder) === now);
    if (!job) throw notWaiting(now);
    const asked = placeOf(job.record.device ?? 'auto', gpus);
    const named = asked.kind === 'gpu' ? asked.index : undefined;
    return { due: [{ job, gpu: named ?? freestGpu(places, gpus) }], waiting };
  }
  const candidates = unseen ? waiting.filter(({ record }) => record.alone !== 'stop') : waiting;
  const asked = candidates.map(({ record }) => placeOf(record.device ?? 'auto', gpus));
  const due = dueJobs(places, asked, { runsPerDevice: queue.runsPerDevice, gpus }).flatMap(
    ({ waiting: n, gpu }) => {
      const job = candidates[n];
      return job ? [{ job, gpu }] : [];
    },
  );
  return { due, waiting };
}

/** Until the job's process says that it is there; where it can't, the job is over, and says why. */
async function start({ folder, record }: WaitingJob, script: string, gpu: number | undefined): Promise<void> {
  try {
    if (!(await isThere(record.root)))
      throw new M2atError('io', 'the folder does not exist', {
        where: record.root,
        hint: 'Was it moved or deleted?',
      });
    const { exited } = await startDetached(folder, script, record, gpu);
    await hasBegun(folder, exited);
    if (await readJobState(folder)) return;
    throw new M2atError('internal', 'The worker could not begin', { lines: await lastLines(folder) });
  } catch (error) {
    await endUnbegun(folder, error);
  }
}

/** Nobody does the job, unless somebody else has begun it meanwhile. */
async function endUnbegun(folder: string, error: unknown): Promise<void> {
  const unlock = await lockRun(path.join(folder, jobFile.lock)).catch(() => undefined);
  if (!unlock) return;
  try {
    if (await readJobState(folder)) return;
    const ended = { at: new Date().toISOString(), error: dataOf(error) };
    await writeJobState(folder, {
      ...{ version: 1, process: thisProcess(), token: tokenOfThisProcess, runs: [], ended },
    });
  } finally {
    await unlock();
  }
}

/** Resolves when there is a state, or there will be none. */
async function hasBegun(folder: string, exited: Promise<void>): Promise<void> {
  await new Promise<void>((resolve) => {
    const settle = (): void => {
      watcher?.close();
      clearInterval(timer);
      clearTimeout(end);
      resolve();
    };
    const look = (): void => {
      void isThere(path.join(folder, jobFile.state)).then((there) => {
        if (there) settle();
      });
    };
    const timer = setInterval(look, LOOK_MS);
    const end = setTimeout(settle, BEGIN_MS);
    const watcher = watched(folder, look);
    void exited.then(settle);
    look();
  });
}

function watched(folder: string, onChange: () => void): FSWatcher | undefined {
  try {
    const watcher = watch(folder, onChange);
    watcher.on('error', () => undefined);
    return watcher;
  } catch {
    // No more watches: the timer looks.
    return undefined;
  }
}

/** Of what a process wrote that could not begin. */
async function lastLines(folder: string): Promise<string[]> {
  const lines = new LastLines();
  await readLines(path.join(folder, jobFile.output), outputLimits, ({ text }): undefined => {
    lines.add(text);
  }).catch(() => undefined);
  return lines.list;
}
