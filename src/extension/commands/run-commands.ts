import * as vscode from 'vscode';
import { commands } from '../contributions';
import { isTrusted } from '../messages';
import { deleteRun as removeRun, isOver } from '../../core/runs/run-store';
import type { Services } from '../services';
import { trainingOverrides } from '../settings';
import { followJob } from './job-messages';
import { pickRun } from './pick-run';
import { registerCommand } from './register-command';
import { runArgument } from './run-argument';

/** Stop, resume, open, reveal, delete: what can be done to one run. */
export function registerRunCommands(services: Services): vscode.Disposable {
  const { log } = services;
  return vscode.Disposable.from(
    registerCommand(commands.stopRun, log, (target) => stopRun(services, runArgument(target))),
    registerCommand(commands.stopAllRuns, log, () => {
      services.jobs.stopAll();
    }),
    registerCommand(commands.resumeRun, log, (target) => resumeRun(services, runArgument(target))),
    registerCommand(commands.openDashboard, log, (target) => openDashboard(services, runArgument(target))),
    registerCommand(commands.revealRun, log, (target) => revealRun(services, runArgument(target))),
    registerCommand(commands.deleteRun, log, (target) => deleteRun(services, runArgument(target))),
    registerCommand(commands.refreshRuns, log, () => services.runs.refresh()),
    registerCommand(commands.showLog, log, () => {
      log.show();
    }),
    registerCommand(commands.showRunActions, log, () => showRunActions(services)),
  );
}

async function stopRun({ runs, jobs }: Services, target: string | undefined): Promise<void> {
  const id =
    target ??
    (await pickRun(runs, {
      placeHolder: 'Run to stop at its next batch; a checkpoint is saved',
      none: 'No run of this window is going on.',
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
  void vscode.window.showInformationMessage(
    !record || isOver(record)
      ? 'That run is over.'
      : `${record.name} belongs to another window or to a command line (process ${record.pid ?? 'unknown'}): stop it there.`,
  );
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
  // A run that is being stopped can be continued as soon as its worker has ended.
  const ending = jobs.jobOf(id);
  if (ending?.stopping) await ending.result.catch(() => undefined);
  const record = runs.record(id);
  const root = runs.rootOf(id);
  if (!record || root === undefined) return undefined;
  if (!isTrusted(record.kind === 'attack' ? 'An attack' : 'Training')) return undefined;
  if (!runs.isResumable(record.id) || jobs.jobOf(record.id)) {
    void vscode.window.showInformationMessage(
      `${record.name} is ${record.status}: there is nothing to continue.`,
    );
    return undefined;
  }
  // What the run did before is known from disk only; the worker sends what it does from here on.
  await runs.load(record.id);
  const shared = { root, resume: record.id, ...trainingOverrides() };
  const job =
    record.kind === 'attack'
      ? await jobs.attack(`attack on ${record.name}`, { ...shared, checkpoint: '', attacks: [] })
      : await jobs.train(record.name, { ...shared, file: '' });
  return followJob(services, job);
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
    if (id !== undefined) void vscode.window.showInformationMessage('That run has no folder.');
    return;
  }
  const uri = vscode.Uri.file(directory);
  // On a remote machine the desktop has no such folder; the explorer shows it everywhere.
  const inExplorer = vscode.env.remoteName !== undefined || vscode.env.uiKind === vscode.UIKind.Web;
  const known = vscode.workspace.getWorkspaceFolder(uri) !== undefined;
  await vscode.commands.executeCommand(inExplorer && known ? 'revealInExplorer' : 'revealFileInOS', uri);
}

async function deleteRun({ runs, jobs }: Services, target: string | undefined): Promise<void> {
  const id =
    target ??
    (await pickRun(runs, {
      placeHolder: 'Run to delete',
      none: 'This workspace has no run that is over.',
      filter: ({ record }) => isOver(record),
    }));
  const record = id === undefined ? undefined : runs.record(id);
  const root = id === undefined ? undefined : runs.rootOf(id);
  const directory = id === undefined ? undefined : runs.directory(id);
  if (!record || root === undefined || directory === undefined) return;
  if (!isOver(record) || jobs.jobOf(record.id)) {
    void vscode.window.showWarningMessage(`${record.name} is still going on: stop it first.`);
    return;
  }
  const remove = 'Delete';
  const answer = await vscode.window.showWarningMessage(
    `Delete the run ${record.name}?`,
    { modal: true, detail: `Its metrics, samples and checkpoints in ${directory} are deleted for good.` },
    remove,
  );
  if (answer !== remove) return;
  await removeRun(root, record.id);
  await runs.refresh();
}

async function showRunActions({ runs, jobs, dashboards, log }: Services): Promise<void> {
  const id = await pickRun(runs, {
    placeHolder: 'Run',
    none: 'No run of this window is going on.',
    filter: ({ record }) => jobs.jobOf(record.id) !== undefined && !isOver(record),
    takeOnly: true,
  });
  const record = id === undefined ? undefined : runs.record(id);
  if (!record) return;
  const picked = await vscode.window.showQuickPick(
    [
      { label: '$(graph-line) Open Dashboard', action: 'open' as const },
      {
        label: '$(debug-stop) Stop Run',
        detail: 'At the next batch; a checkpoint is saved',
        action: 'stop' as const,
      },
      {
        label: '$(stop-circle) Stop All Runs',
        detail: 'And whatever waits for its turn',
        action: 'stopAll' as const,
      },
      { label: '$(output) Show Log', action: 'log' as const },
    ],
    { placeHolder: record.name },
  );
  switch (picked?.action) {
    case 'open':
      await dashboards.open(record.id);
      break;
    case 'stop':
      await vscode.commands.executeCommand(commands.stopRun, record.id);
      break;
    case 'stopAll':
      jobs.stopAll();
      break;
    case 'log':
      log.show();
      break;
    case undefined:
      break;
  }
}
