import * as vscode from 'vscode';
import { commands, type CommandId } from '../contributions';
import { once } from '../once';
import type { Services } from '../services';
import { registerCommand } from './register-command';

interface Disposes {
  dispose(): void;
}

type Register = (services: Services) => vscode.Disposable;

/** What registers the commands of a feature. */
const features = {
  attackCheckpoint: async () => (await import('./attack-checkpoint')).registerAttackCheckpoint,
  compare: async () => (await import('./compare-runs')).registerCompareRuns,
  evaluateExamples: async () => (await import('./evaluate-examples')).registerEvaluateExamples,
  marks: async () => (await import('./mark-run')).registerMarkRun,
  modifyRun: async () => (await import('./modify-run')).registerModifyRun,
  queue: async () => (await import('./queue-commands')).registerQueueCommands,
  reports: async () => (await import('./report-commands')).registerReportCommands,
  runs: async () => (await import('./run-commands')).registerRunCommands,
  showDataset: async () => (await import('./show-dataset')).registerShowDataset,
  showDevices: async () => (await import('./show-devices')).registerShowDevices,
  startTraining: async () => (await import('./start-training')).registerStartTraining,
} satisfies Readonly<Record<string, () => Promise<Register>>>;

type Feature = keyof typeof features;

/** The feature that each command is of. */
const featureOf: Readonly<Record<keyof typeof commands, Feature>> = {
  startTraining: 'startTraining',
  stopRun: 'runs',
  stopAllRuns: 'runs',
  pauseRun: 'runs',
  evaluateNow: 'runs',
  resumeRun: 'runs',
  modifyRun: 'modifyRun',
  saveSettings: 'modifyRun',
  copyCommand: 'modifyRun',
  openDashboard: 'runs',
  compareRuns: 'compare',
  compareSettings: 'compare',
  attackCheckpoint: 'attackCheckpoint',
  evaluateExamples: 'evaluateExamples',
  openReport: 'reports',
  saveReport: 'reports',
  showDataset: 'showDataset',
  showDevices: 'showDevices',
  showLog: 'runs',
  showRunActions: 'runs',
  refreshRuns: 'runs',
  renameRun: 'marks',
  starRun: 'marks',
  tagRun: 'marks',
  noteRun: 'marks',
  revealRun: 'runs',
  deleteRun: 'runs',
  startWaiting: 'queue',
  removeWaiting: 'queue',
  moveWaitingUp: 'queue',
  moveWaitingDown: 'queue',
};

/** Registers every command. What a command does is loaded when one of its feature is called first. */
export function registerCommandsOnDemand(services: Services): Disposes {
  const names = Object.keys(commands) as (keyof typeof commands)[];
  const all = Object.entries(features).map(([feature, load]) =>
    onDemand(
      services,
      names.filter((name) => featureOf[name] === feature).map((name) => commands[name]),
      load,
    ),
  );
  return vscode.Disposable.from(...all);
}

function onDemand(services: Services, ids: readonly CommandId[], load: () => Promise<Register>): Disposes {
  let disposed = false;
  let registered = vscode.Disposable.from();
  const take = once(async () => {
    const register = await load();
    if (disposed) return;
    // The same commands, from now on without this detour.
    registered.dispose();
    registered = register(services);
  });
  registered = vscode.Disposable.from(
    ...ids.map((id) =>
      registerCommand(id, services.log, async (...args) => {
        await take();
        return disposed ? undefined : vscode.commands.executeCommand(id, ...args);
      }),
    ),
  );
  return {
    dispose() {
      disposed = true;
      registered.dispose();
    },
  };
}
