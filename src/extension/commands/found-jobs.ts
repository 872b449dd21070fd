import * as vscode from 'vscode';
import { isThere } from '../../core/files/is-there';
import { messageOf } from '../../core/errors';
import type { SettingKey } from '../contributions';
import type { Services } from '../services';
import { runsPerDeviceSetting } from '../settings';
import { untilConnected } from '../show/connected';
import type { FoundJob } from '../worker/jobs';
import { askWhetherToGoOn } from './ask-whether-to-go-on';
import { reportEnd } from './job-messages';
import { offerResume } from './offer-resume';

/**
 * What was started elsewhere, or by this window before it was loaded anew: how it ended is told by whoever started it, and
 * once that is gone, or has no window any more, by the first window that sees it, once.
 */
export function registerFoundJobs(services: Services): vscode.Disposable {
  const { jobs, log } = services;
  void jobs.watchOthers();
  void limitRuns(services);
  return vscode.Disposable.from(
    jobs.onDidFind((found) => {
      log.info(`${found.job.title}: found, process goes on by itself`);
      void tellEnd(services, found);
      if (found.atStart) void askWhetherToGoOn(services, found);
    }),
    vscode.workspace.onDidChangeWorkspaceFolders(() => void jobs.look()),
    vscode.workspace.onDidChangeConfiguration((event) => {
      const key: SettingKey = 'm2at.runsPerDevice';
      if (event.affectsConfiguration(key)) void limitRuns(services);
    }),
  );
}

/** The queue is the machine's: what this window's settings say counts for all. */
async function limitRuns({ jobs, log }: Services): Promise<void> {
  const limit = runsPerDeviceSetting();
  if (limit === undefined) return;
  await jobs.waiting.limit(limit).catch((error: unknown) => {
    log.error(`The number of runs per device: ${messageOf(error)}`);
  });
}

/** How long whoever started a job has to tell how it ended. */
const STARTER_MS = 5000;
const LOOK_MS = 250;

async function isGoneWithin(folder: string, milliseconds: number): Promise<void> {
  const until = performance.now() + milliseconds;
  while (performance.now() < until && (await isThere(folder))) {
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  }
}

async function tellEnd(services: Services, { job, record }: FoundJob): Promise<void> {
  const end = await job.result.then(
    () => undefined,
    (error: unknown) => error,
  );
  const [{ isStarterThere }, { removeJob }, { JobInterrupted }] = await Promise.all([
    import('../../core/scheduler/job-liveness'),
    import('../../core/scheduler/job-folder'),
    import('../../core/scheduler/follow-job'),
  ]);
  await untilConnected();
  // Whoever started it tells, unless its window is gone although its process is there.
  if (await isStarterThere(record)) await isGoneWithin(job.folder, STARTER_MS);
  if (!(await removeJob(job.folder))) return;
  if (end instanceof JobInterrupted) await offerResume(services, job.runs);
  else await reportEnd(services, job);
}
