import path from 'node:path';
import * as vscode from 'vscode';
import { isThere } from '../../core/files/is-there';
import { runFile } from '../../core/records/run-paths';
import { namedDevice } from '../../core/engine/devices/device-choice';
import { M2atError } from '../../core/errors';
import { commands } from '../contributions';
import { isTrusted } from '../messages';
import { deleteRun as removeRun } from '../../core/runs/run-store';
import type { RunRecord } from '../../core/records/run-files';
import { isOver } from '../../core/records/run-state';
import type { Services } from '../services';
import { trainingOverrides } from '../settings';
import { confirm, showInformation, showWarning } from '../show/notifications';
import { revealFolder } from '../show/outside';
import { pick } from '../show/questions';
import { isPaused, type Job } from '../worker/jobs';
import { followJob } from './job-messages';
import { pickRun } from './pick-run';
import { registerCommand } from './register-command';
import { runArgument } from './run-argument';
import { selectedRun } from './selected-run';

/** Stop, resume, open, reveal, delete: what can be done to one run. */
export function registerRunCommands(services: Services): vscode.Disposable {
  const { log } = services;
  return vscode.Disposable.from(
    registerCommand(commands.stopRun, log, (target) => stopRun(services, runArgument(target))),
    registerCommand(commands.stopAllRuns, log, () => {
      return services.jobs.stopAll();
    }),
    registerCommand(commands.pauseRun, log, (target) => pauseRun(services, runArgument(target))),
    registerCommand(commands.evaluateNow, log, (target) => evaluateNow(services, runArgument(target))),
    registerCommand(commands.resumeRun, log, (target) => resumeRun(services, runArgument(target))),
    registerCommand(commands.openDashboard, log, (target) => openDashboard(services, runArgument(target))),
    registerCommand(commands.revealRun, log, (target) => revealRun(services, runArgument(target))),
    registerCommand(commands.deleteRun, log, (target, all) => {
      const selected = Array.isArray(all) ? all : [target];
      const ids = selected.flatMap((one) => runArgument(one) ?? selectedRun(services.runs, one) ?? []);
      return deleteRuns(services, ids);
    }),
    registerCommand(commands.refreshRuns, log, () => services.runs.refresh()),
    registerCommand(commands.showLog, log, (target) => showLog(services, runArgument(target))),
    registerCommand(commands.showRunActions, log, () => showRunActions(services)),
  );
}

async function stopRun({ runs, jobs }: Services, target: string | undefined): Promise<void> {
  const id =
    target ??
    (await pickRun(runs, {
      placeHolder: 'Run to stop at its next batch; a checkpoint is saved',
      none: 'No run is going on.',
      filter: ({ record }) => jobs.jobOf(record.id) !== undefined,
      takeOnly: true,
    }));
  if (id === undefined) return;
  const job = jobs.jobOf(id);
  if (job) {
    jobs.stop(job);
    return;
  }
  const record = runs.record(id);
  void showInformation(
    !record || isOver(record)
      ? 'That run is over.'
      : `${record.name} goes on in a process that this window can't reach (${record.pid ?? 'unknown'}, on ${record.owner?.host ?? 'an unknown machine'}).`,
  );
}

/** A run that goes on and does what this window says; undefined, and why, where there is none. */
async function pickLive(
  { runs, jobs }: Services,
  target: string | undefined,
  placeHolder: string,
  kinds: readonly RunRecord['kind'][],
): Promise<Job | undefined> {
  const isLive = (record: RunRecord): boolean =>
    kinds.includes(record.kind) && !isOver(record) && jobs.jobOf(record.id) !== undefined;
  const id =
    target ??
    (await pickRun(runs, {
      ...{ placeHolder, none: 'No such run goes on.', takeOnly: true },
      filter: ({ record }) => isLive(record),
    }));
  const record = id === undefined ? undefined : runs.record(id);
  if (record && !isLive(record)) {
    void showInformation(`${record.name} does not go on here, so nothing is done.`);
    return undefined;
  }
  return record && jobs.jobOf(record.id);
}

async function pauseRun(services: Services, target: string | undefined): Promise<void> {
  const what = 'Run to save at its next batch, so that its device is free until it is resumed';
  const job = await pickLive(services, target, what, ['train', 'attack']);
  if (job) await services.jobs.pause(job);
}

async function evaluateNow(services: Services, target: string | undefined): Promise<void> {
  const job = await pickLive(services, target, 'Run to evaluate after the step at hand', ['train']);
  if (job) await services.jobs.evaluateNow(job);
}

async function resumeRun(services: Services, target: string | undefined): Promise<string | undefined> {
  const { runs, jobs } = services;
  const id =
    target ??
    (await pickRun(runs, {
      placeHolder: 'Run to continue from where it was',
      none: 'No run of this workspace was stopped or failed with something to go on from.',
      filter: ({ resumable }) => resumable,
    }));
  if (id === undefined) return undefined;
  const ending = jobs.jobOf(id);
  if (ending && isPaused(jobs, id)) {
    await jobs.goOn(ending);
    return id;
  }
  // A run that is being stopped can be continued as soon as its process has ended.
  if (ending?.stopping) await ending.result.catch(() => undefined);
  const record = runs.record(id);
  const root = runs.rootOf(id);
  if (!record || root === undefined) return undefined;
  if (!isTrusted(record.kind === 'attack' ? 'An attack' : 'Training')) return undefined;
  if (jobs.waiting.list.some(({ resumes }) => resumes === record.id)) {
    void showInformation(`${record.name} waits for its turn to go on.`);
    return undefined;
  }
  if (!runs.isResumable(record.id) || jobs.jobOf(record.id)) {
    void showInformation(`${record.name} is ${record.status}: there is nothing to continue.`);
    return undefined;
  }
  const request = { root, run: record.id, kind: record.kind, ...trainingOverrides() };
  const title = record.kind === 'attack' ? `attack on ${record.name}` : record.name;
  return followJob(services, await jobs.resume(title, request, deviceOf(record)), async (error) => {
    if (!(error instanceof M2atError) || error.code !== 'no-checkpoint') return false;
    if (!(await confirm(`${record.name} can't be continued.`, startAgainDetail(error), 'Start Again')))
      return true;
    await followJob(services, await jobs.resume(title, { ...request, fromStart: true }, deviceOf(record)));
    return true;
  });
}

/** What a run computed on: it goes on there. What a folder says may be anything. */
function deviceOf({ device, deviceDetails }: RunRecord): string | undefined {
  const { index } = deviceDetails ?? {};
  return namedDevice.safeParse(index === undefined ? device : `${device}:${index}`).data;
}

/** Nothing is given up without being asked. */
function startAgainDetail({ what }: M2atError): string[] {
  return [
    `${what}.`,
    'Starting again at step 0 gives up what it has done: its metrics, samples and checkpoints are deleted.',
  ];
}

/** The log of a run, as it is in its directory; without a run, or where it has none, what the extension itself tells. */
async function showLog({ runs, log }: Services, id: string | undefined): Promise<void> {
  const directory = id === undefined ? undefined : runs.directory(id);
  const file = directory === undefined ? undefined : path.join(directory, runFile.log);
  if (file === undefined || !(await isThere(file))) log.show();
  else await vscode.window.showTextDocument(vscode.Uri.file(file), { preview: true });
}

async function openDashboard({ runs, dashboards }: Services, target: string | undefined): Promise<void> {
  const id =
    target ??
    (await pickRun(runs, {
      placeHolder: 'Run to look at',
      none: 'This workspace has no run yet. "M2AT: Start Training Run…" starts one.',
    }));
  if (id !== undefined) await dashboards.open(id);
}

async function revealRun({ runs }: Services, target: string | undefined): Promise<void> {
  const id =
    target ??
    (await pickRun(runs, {
      placeHolder: 'Run whose folder to reveal',
      none: 'This workspace has no run yet.',
    }));
  const directory = id === undefined ? undefined : runs.directory(id);
  if (directory === undefined) {
    if (id !== undefined) void showInformation('That run has no folder.');
    return;
  }
  await revealFolder(vscode.Uri.file(directory));
}

/** Runs that a message names. */
const MOST_NAMED = 5;

/** @param targets the run that a command was called for, or several that are selected; none from the palette */
async function deleteRuns({ runs, jobs }: Services, targets: readonly string[]): Promise<void> {
  const picked =
    targets.length > 0
      ? undefined
      : await pickRun(runs, {
          placeHolder: 'Run to delete',
          none: 'This workspace has no run that is over.',
          filter: ({ record }) => isOver(record),
        });
  const chosen = (picked === undefined ? targets : [picked]).flatMap((id) => {
    const [record, root, directory] = [runs.record(id), runs.rootOf(id), runs.directory(id)];
    return record && root !== undefined && directory !== undefined ? [{ record, root, directory }] : [];
  });
  const [first, ...others] = chosen;
  if (!first) return;
  for (const { record } of chosen) {
    const waits = jobs.waiting.list.some(({ resumes }) => resumes === record.id);
    if (isOver(record) && !jobs.jobOf(record.id) && !waits) continue;
    void showWarning(
      waits
        ? `${record.name} waits for its turn to go on: remove it from the queue first.`
        : `${record.name} is still going on: stop it first.`,
    );
    return;
  }
  const names = chosen.slice(0, MOST_NAMED).map(({ record }) => record.name);
  const more = chosen.length - names.length;
  const [question, detail] =
    others.length === 0
      ? [
          `Delete the run ${first.record.name}?`,
          `Its metrics, samples and checkpoints in ${first.directory} are deleted for good.`,
        ]
      : [
          `Delete ${chosen.length} runs?`,
          `${names.join(', ')}${more > 0 ? ` and ${more} more` : ''}: their metrics, samples and checkpoints are deleted for good.`,
        ];
  if (!(await confirm(question, [detail], 'Delete'))) return;
  for (const { record, root } of chosen) await removeRun(root, record.id);
  await runs.refresh();
}

async function showRunActions({ runs, jobs, dashboards, log }: Services): Promise<void> {
  const id = await pickRun(runs, {
    placeHolder: 'Run',
    none: 'No run is going on.',
    filter: ({ record }) => jobs.jobOf(record.id) !== undefined && !isOver(record),
    takeOnly: true,
  });
  const record = id === undefined ? undefined : runs.record(id);
  if (!record) return;
  const picked = await pick(
    [
      { label: 'Open Dashboard', iconPath: new vscode.ThemeIcon('graph-line'), action: 'open' as const },
      {
        label: 'Pause Run',
        iconPath: new vscode.ThemeIcon('debug-pause'),
        detail: 'At the next batch; its device is free until the run is resumed',
        action: 'pause' as const,
      },
      {
        label: 'Stop Run',
        iconPath: new vscode.ThemeIcon('debug-stop'),
        detail: 'At the next batch; a checkpoint is saved',
        action: 'stop' as const,
      },
      {
        label: 'Stop All Runs',
        iconPath: new vscode.ThemeIcon('stop-circle'),
        detail: 'And whatever waits for its turn',
        action: 'stopAll' as const,
      },
      { label: 'Show Log', iconPath: new vscode.ThemeIcon('output'), action: 'log' as const },
    ],
    { placeHolder: record.name },
  );
  switch (picked?.action) {
    case 'open':
      await dashboards.open(record.id);
      break;
    case 'pause':
      await vscode.commands.executeCommand(commands.pauseRun, record.id);
      break;
    case 'stop':
      await vscode.commands.executeCommand(commands.stopRun, record.id);
      break;
    case 'stopAll':
      await jobs.stopAll();
      break;
    case 'log':
      log.show();
      break;
    case undefined:
      break;
  }
}
