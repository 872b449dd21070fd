import path from 'node:path';
import { messageOf } from '../core/errors';
import type { RunControl } from '../core/runs/run-control';
import type { SupervisedRun } from '../core/runs/supervised';
import { createJob, removeJob } from '../core/scheduler/job-folder';
import { JobPresence } from '../core/scheduler/job-presence';
import { startDue } from '../core/scheduler/start-due';
import { tidyJobs } from '../core/scheduler/tidy-jobs';

/** How the work of a command is controlled, by its terminal and by others. */
export interface Controlled extends Pick<SupervisedRun, 'signal' | 'onEvent'> {
  readonly control?: RunControl;
}

/** The bundle of the process of a job, beside that of the command line. */
export const workerScript = path.join(__dirname, 'worker.js');

/** What others see of the work of a command. */
export interface VisibleWork {
  readonly title: string;
  readonly root: string;
  /** What it was asked to compute on. */
  readonly device?: string | undefined;
}

/**
 * Does work of this command line as a job: windows and other command lines see it, and can stop or pause it. Where the
 * user's folder for that can't be written, it is done all the same.
 * @param interrupted aborts when this terminal asks for the end
 * @param announce tells this terminal what others have asked for
 */
export async function asJob<Result>(
  { root, ...visible }: VisibleWork,
  interrupted: AbortSignal,
  announce: (text: string) => void,
  work: (controlled: Controlled) => Promise<Result>,
): Promise<Result> {
  await tidyJobs();
  const folder = await createJob({ ...visible, root }).catch(() => undefined);
  const presence =
    folder === undefined ? undefined : await JobPresence.take(folder, { root }).catch(() => undefined);
  const controlled = presence
    ? {
        signal: AbortSignal.any([interrupted, presence.signal]),
        control: presence.control,
        onEvent: presence.onEvent,
      }
    : { signal: interrupted, onEvent: () => undefined };
  presence?.signal.addEventListener('abort', () => {
    announce('Stopping at the next batch, as another window or terminal asked.');
  });
  presence?.control.onChange(() => {
    announce(
      presence.control.paused
        ? 'Pausing at the next batch, as another window or terminal asked: it waits there to be resumed, Ctrl-C stops it.'
        : 'Going on.',
    );
  });
  const startNext = (): Promise<void> =>
    startDue(workerScript).catch((error: unknown) => {
      announce(`What waits could not be started: ${messageOf(error)}`);
    });
  presence?.control.onIdle((isIdle) => {
    if (isIdle) void presence.written().then(startNext);
  });
  let failure: unknown;
  try {
    return await work(controlled);
  } catch (error) {
    failure = error;
    throw error;
  } finally {
    await presence?.end(failure);
    // How it ended is told here.
    if (folder !== undefined) await removeJob(folder);
    await startNext();
  }
}
