import * as vscode from 'vscode';
import type { Services } from '../services';
import type { FoundJob } from '../worker/jobs';
import { reportEnd } from './job-messages';
import { offerResume } from './offer-resume';

/**
 * What was started elsewhere, or by this window before it was loaded anew: how it ended is told by whoever started it, and
 * once that is gone by the first window that sees it, once.
 */
export function registerFoundJobs(services: Services): vscode.Disposable {
  const { jobs, log } = services;
  void jobs.watchOthers();
  return vscode.Disposable.from(
    jobs.onDidFind((found) => {
      log.info(`${found.job.title}: found, process goes on by itself`);
      void tellEnd(services, found);
    }),
    vscode.workspace.onDidChangeWorkspaceFolders(() => void jobs.look()),
  );
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
  if (await isStarterThere(record)) return;
  if (!(await removeJob(job.folder))) return;
  if (end instanceof JobInterrupted) await offerResume(services, job.runs);
  else await reportEnd(services, job);
}
