import * as vscode from 'vscode';
import { isOver } from '../../core/records/run-state';
import { commands } from '../contributions';
import { epochs } from '../format';
import type { Services } from '../services';
import { showWarning } from '../show/notifications';
import type { FoundJob } from '../worker/jobs';
import { reportEnd } from './job-messages';

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

/** Of a process that was killed, or whose machine was started anew. */
async function offerResume({ runs }: Services, ids: readonly string[]): Promise<void> {
  for (const id of ids) {
    const record = runs.record(id);
    if (!record || !isOver(record) || !runs.isResumable(id)) continue;
    const where = epochs(record);
    const resume = 'Resume';
    const text = `${record.name} was interrupted${where === undefined ? '' : ` at ${where}`}.`;
    const answer = await showWarning(text, resume, 'Open Dashboard');
    if (answer === resume) await vscode.commands.executeCommand(commands.resumeRun, id);
    else if (answer !== undefined) await vscode.commands.executeCommand(commands.openDashboard, id);
  }
}
