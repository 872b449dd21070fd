import { watch, type FSWatcher } from 'node:fs';
import path from 'node:path';
import { M2atError } from '../errors';
import { isThere } from '../files/is-there';
import { readLines } from '../files/read-lines';
import { thisProcess } from '../processes/process-identity';
import { tokenOfThisProcess } from '../runs/run-owner';
import { countGpus } from './count-gpus';
import { dataOf } from './error-data';
import { jobFile } from './job-files';
import { readJobState, writeJobState } from './job-folder';
import { changeQueue, readQueue } from './queue-file';
import { dueJobs, freestGpu, placeOf, type Due, type Place } from './queue-places';
import { startDetached } from './start-detached';
import { knownJobs, type WaitingJob } from './waiting-jobs';

/** How long a process that was started may take to say that it is there, ms. */
const BEGIN_MS = 60_000;
/** Where the system tells of no change, ms. */
const LOOK_MS = 200;
const outputLimits = { maxBytes: 2 ** 20, maxLineBytes: 2 ** 16 } as const;
/** Lines that are quoted of a process that could not begin, and characters of each. */
const QUOTED_LINES = 20;
const QUOTED_LENGTH = 500;

export interface StartOptions {
  /** Id of a job that is started whatever else goes on. */
  readonly now?: string;
}

/**
 * Starts the jobs whose turn it is. Whoever ends, starts or is opened calls it: a job that waits is started by the next one
 * that does, also where the process that was about to start it is gone.
 * @param script the worker's bundle; where it is gone, as after an update, nothing is started
 * @throws M2atError `io` when the queue can't be read or changed; `bad-input` when the job to start now does not wait
 */
export async function startDue(script: string, { now }: StartOptions = {}): Promise<void> {
  if (now === undefined && (await knownJobs(await readQueue())).waiting.length === 0) return;
  if (!(await isThere(script))) return;
  await changeQueue(async (queue) => {
    const { waiting, active } = await knownJobs(queue);
    const asked = now === undefined ? -1 : waiting.findIndex(({ folder }) => path.basename(folder) === now);
    if (now !== undefined && asked < 0) {
      throw new M2atError('bad-input', `nothing of this name waits: ${JSON.stringify(now)}`, {
        hint: 'It may have begun, or been removed.',
      });
    }
    const gpus = await countGpus();
    const places = active.filter(({ paused }) => !paused).map(({ place }) => place(gpus));
    const asks = waiting.map(({ record }) => placeOf(record.device ?? 'auto', gpus));
    const due: readonly Due[] =
      asked < 0
        ? dueJobs(places, asks, { runsPerDevice: queue.runsPerDevice, gpus })
        : [startNow(asked, asks[asked], places, gpus)];
    const started = due.flatMap(({ waiting: n, gpu }) => {
      const job = waiting[n];
      return job ? [{ job, gpu }] : [];
    });
    await Promise.all(started.map(({ job, gpu }) => start(job, script, gpu)));
    const begun = new Set(started.map(({ job }) => path.basename(job.folder)));
    const order = waiting.map(({ folder }) => path.basename(folder)).filter((id) => !begun.has(id));
    return { ...queue, order };
  });
}

/** Until the job's process says that it is there; where it can't, the job is over, and says why. */
async function start({ folder, record }: WaitingJob, script: string, gpu: number | undefined): Promise<void> {
  try {
    const { exited } = await startDetached(folder, script, record.root, gpu);
    await hasBegun(folder, exited);
    if (await readJobState(folder)) return;
    throw new M2atError('internal', 'The worker could not begin', { lines: await lastLines(folder) });
  } catch (error) {
    const ended = { at: new Date().toISOString(), error: dataOf(error) };
    await writeJobState(folder, {
      ...{ version: 1, process: thisProcess(), token: tokenOfThisProcess, runs: [], ended },
    });
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

function startNow(waiting: number, ask: Place | undefined, active: readonly Place[], gpus: number): Due {
  const named = ask?.kind === 'gpu' ? ask.index : undefined;
  return { waiting, gpu: named ?? freestGpu(active, gpus) };
}

/** Of what a process wrote that could not begin. */
async function lastLines(folder: string): Promise<string[]> {
  const lines: string[] = [];
  await readLines(path.join(folder, jobFile.output), outputLimits, ({ text }): undefined => {
    lines.push(text.slice(0, QUOTED_LENGTH));
    if (lines.length > QUOTED_LINES) lines.shift();
  }).catch(() => undefined);
  return lines;
}
