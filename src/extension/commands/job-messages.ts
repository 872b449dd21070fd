import * as vscode from 'vscode';
import { commands } from '../contributions';
import { accuracies } from '../format';
import { showError } from '../messages';
import type { Services } from '../services';
import type { Job } from '../worker/jobs';

/**
 * Shows a toast until the job's first run exists, and how the job ended when it has.
 * @returns the first run's id; undefined when the job ended before it had one.
 */
export async function followJob(services: Services, job: Job): Promise<string | undefined> {
  void reportEnd(services, job);
  return vscode.window.withProgress(
    { location: vscode.ProgressLocation.Notification, title: `Starting ${job.title}…`, cancellable: true },
    async (_progress, token) => {
      const cancellation = token.onCancellationRequested(() => {
        services.jobs.stop(job);
      });
      try {
        return await job.firstRun;
      } finally {
        cancellation.dispose();
      }
    },
  );
}

async function reportEnd({ log, dashboards }: Services, job: Job): Promise<void> {
  try {
    const { runs } = await job.result;
    const failed = runs.find(({ status }) => status === 'failed');
    if (failed) throw new Error(failed.message ?? 'The run failed; the log says more.');
    const done = runs.filter(({ status }) => status === 'done');
    const last = done.at(-1);
    if (!last) return;
    const results = done
      .map(
        (record) =>
          `${record.kind === 'attack' ? 'Attack on ' : ''}${record.name}: ${accuracies(record) || 'done'}`,
      )
      .join('; ');
    log.info(`${job.title}: done: ${results}`);
    const open = 'Open Dashboard';
    const report = 'Open Report';
    const actions = last.kind === 'attack' ? [open, report] : [open];
    const answer = await vscode.window.showInformationMessage(results, ...actions);
    if (answer === open) await dashboards.open(last.id);
    if (answer === report) await vscode.commands.executeCommand(commands.openReport, last.id);
  } catch (error) {
    showError(log, job.title, error);
  }
}
