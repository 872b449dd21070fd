import * as vscode from 'vscode';
import { commands, views } from '../contributions';
import { outcome } from '../format';
import { reportError } from '../messages';
import type { RunRecord } from '../../core/records/run-files';
import type { Selection } from '../../protocol/compare-protocol';
import { compareRuns } from '../runs/compare-runs';
import type { Services } from '../services';
import { untilConnected } from '../show/connected';
import { showInformation, withProgress } from '../show/notifications';
import type { Job } from '../worker/jobs';
import { offerResume } from './offer-resume';

/** What else to do about an error than to show it; returns whether it did. */
type Recover = (error: unknown) => Promise<boolean>;

/**
 * Shows a toast until the job's first run exists, or it is known to wait for its turn, and how the job ended when it has.
 * @param recover what else to do about an error than to show it; returns whether it did
 * @returns the first run's id; undefined when the job waits, or ended before it had one.
 */
export async function followJob(
  services: Services,
  job: Job,
  recover?: Recover,
): Promise<string | undefined> {
  void reportOwnEnd(services, job, recover);
  const begun = await withProgress(
    { title: `Starting ${job.title}…`, cancellable: true },
    async (_report, token) => {
      const cancellation = token.onCancellationRequested(() => {
        services.jobs.stop(job);
      });
      try {
        return (await job.begins) && { run: await job.firstRun };
      } finally {
        cancellation.dispose();
      }
    },
  );
  if (begun) return begun.run;
  void tellWaiting(services, job);
  return undefined;
}

/** Says that a job waits for its turn, and offers what to do about it. */
async function tellWaiting({ jobs, log }: Services, { id, title }: Job): Promise<void> {
  const place = jobs.waiting.list.findIndex((job) => job.id === id);
  // It began just now.
  if (place < 0) return;
  const ahead = place === 0 ? '' : ` ${place} ${place === 1 ? 'waits' : 'wait'} before it.`;
  const now = 'Start Now';
  const show = 'Show Queue';
  const text = `${title} waits until what computes here is done, so that they don't slow each other down.${ahead}`;
  const answer = await showInformation(text, now, show);
  if (answer === show) await vscode.commands.executeCommand(`${views.runs}.focus`);
  if (answer !== now || !jobs.waiting.has(id)) return;
  await jobs.waiting.startNow(id).catch((error: unknown) => {
    reportError(log, title, error);
  });
}

/** Failures that a message names. */
const NAMED_FAILURES = 3;

function failureText([first, ...others]: readonly RunRecord[], count: number): string {
  const message = first?.message ?? 'The run failed; the log says more.';
  if (!first || others.length === 0) return message;
  const named = [first, ...others].slice(0, NAMED_FAILURES).map(({ name }) => name);
  const more = others.length + 1 - named.length;
  const list = [...named, ...(more > 0 ? [`${more} more`] : [])].join('; ');
  return `${others.length + 1} of ${count} runs failed: ${list}. The first: ${message}`;
}

/** This window started it, and so tells how it ended. */
export async function reportOwnEnd(services: Services, job: Job, recover?: Recover): Promise<void> {
  const end = await job.result.then(
    () => undefined,
    (error: unknown) => error,
  );
  const [{ removeJob }, { JobInterrupted }] = await Promise.all([
    import('../../core/scheduler/job-folder'),
    import('../../core/scheduler/follow-job'),
  ]);
  await untilConnected();
  await removeJob(job.folder);
  await reportEnd(services, job, recover);
  if (end instanceof JobInterrupted) await offerResume(services, job.runs);
}

/** The runs of a job, as their group in the tree where they have one. */
function selectionOf(runs: readonly RunRecord[]): Selection {
  const [group, ...others] = new Set(runs.map((record) => record.group?.id));
  if (group !== undefined && others.length === 0) return { runs: [], groups: [group], sources: [] };
  return { runs: runs.map(({ id }) => id), groups: [], sources: [] };
}

/** Says how a job ended. */
export async function reportEnd(
  { log, dashboards, comparisons, runs: known }: Services,
  job: Job,
  recover?: Recover,
): Promise<void> {
  let compared = '';
  const table = 'Show Table';
  let showTable = (): Promise<void> => Promise.resolve();
  try {
    const { runs } = await job.result;
    showTable = () => comparisons.open(selectionOf(runs), { preserveFocus: true });
    compared = await compareRuns(known, runs);
    if (compared) log.info(`${job.title}:\n${compared}`);
    const failed = runs.filter(({ status }) => status === 'failed');
    if (failed.length > 0) throw new Error(failureText(failed, runs.length));
    const done = runs.filter(({ status }) => status === 'done');
    const last = done.at(-1);
    if (!last) return;
    const results = done
      .map((record) => `${record.kind === 'attack' ? 'Attack on ' : ''}${record.name}: ${outcome(record)}`)
      .join('; ');
    log.info(`${job.title}: done: ${results}`);
    // Of several runs the table says more than a line.
    if (compared) {
      await showTable();
      return;
    }
    // The dashboard says it already.
    if (done.length === 1 && dashboards.isInSight(last.id)) return;
    const open = 'Open Dashboard';
    const report = 'Open Report';
    const actions = last.kind === 'attack' ? [open, report] : [open];
    const answer = await showInformation(results, ...actions);
    if (answer === open) await dashboards.open(last.id);
    if (answer === report) await vscode.commands.executeCommand(commands.openReport, last.id);
  } catch (error) {
    if (await recover?.(error)) return;
    reportError(log, job.title, error, compared ? { title: table, run: showTable } : undefined);
  }
}
