import * as vscode from 'vscode';
import { commands } from '../contributions';
import { epochs } from '../format';
import type { Services } from '../services';
import { aloneSetting } from '../settings';
import { showInformation } from '../show/notifications';
import type { FoundJob } from '../worker/jobs';

/** Where the setting says so: asks whether a job should go on that did so while no window looked. */
export async function askWhetherToGoOn(
  { jobs, runs }: Pick<Services, 'jobs' | 'runs'>,
  { job, record }: FoundJob,
): Promise<void> {
  // That of a command line is its terminal's.
  if (aloneSetting() !== 'ask' || record.task === undefined) return;
  const { isStarterThere } = await import('../../core/scheduler/job-liveness');
  if (await isStarterThere(record)) return;
  const isOver = job.result.then(
    () => true,
    () => true,
  );
  if ((await Promise.race([isOver, job.firstRun])) === true) return;
  const run = job.runs.at(-1);
  const known = run === undefined ? undefined : runs.record(run);
  const where = known && epochs(known)?.replace('/', ' of ');
  const stop = 'Stop';
  const open = 'Open Dashboard';
  const text = `${job.title} went on while no window was open${where === undefined ? '' : ` and is at ${where}`}.`;
  const answer = await showInformation(text, 'Keep Going', stop, open);
  if (answer === stop) jobs.stop(job);
  if (answer === open && run !== undefined) await vscode.commands.executeCommand(commands.openDashboard, run);
}
