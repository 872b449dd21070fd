import * as vscode from 'vscode';
import * as z from 'zod';
import { experimentText } from '../../core/experiment/experiment-text';
import type { ResolvedExperiment } from '../../core/experiment/experiment-schema';
import type { Settings } from '../../core/experiment/set-settings';
import { experimentLike } from '../../core/runs/experiment-like';
import { readExperiment } from '../../core/runs/run-store';
import { commandText } from '../../core/shell-words';
import { commands } from '../contributions';
import { experimentFolder } from '../experiment/experiment-folder';
import { modifySettings } from '../experiment/modify-settings';
import { writeNewFile } from '../experiment/new-file';
import { openUnsaved } from '../experiment/templates';
import { isTrusted } from '../messages';
import type { Services } from '../services';
import { trainingOverrides } from '../settings';
import { showInformation } from '../show/notifications';
import { copyText } from '../show/outside';
import { askText } from '../show/questions';
import { followJob } from './job-messages';
import { pickRun } from './pick-run';
import { registerCommand } from './register-command';
import { runArgument } from './run-argument';

/** Second argument of the command, for key bindings and other extensions: values by dotted path. Nothing is asked then. */
const settings = z.record(z.string(), z.json());
const modifyOptions = z.object({ set: settings });

/** Do a run again with other settings, keep its settings, and say how it is done again. */
export function registerModifyRun(services: Services): vscode.Disposable {
  const { log } = services;
  return vscode.Disposable.from(
    registerCommand(commands.modifyRun, log, (target, options) => modifyRun(services, target, options)),
    registerCommand(commands.saveSettings, log, (target) => saveSettings(services, target)),
    registerCommand(commands.copyCommand, log, (target) => copyCommand(services, target)),
  );
}

/** `M2AT: Modify and Run Again…` @returns the new run's id */
async function modifyRun(services: Services, target: unknown, options: unknown): Promise<string | undefined> {
  if (!isTrusted('Training')) return undefined;
  const run = await trainingOf(services, target, 'Run whose settings to change and start again');
  if (!run) return undefined;
  const { root, id, experiment } = run;
  const told = modifyOptions.safeParse(options).data;
  if (told) return start(services, run, told.set);
  const modified = await modifySettings(experiment);
  if (!modified) return undefined;
  if (modified.then === 'start') return start(services, { root, id }, modified.set);
  const folder = await experimentFolder();
  if (folder)
    await openUnsaved(
      folder,
      fileName(modified.experiment),
      experimentText(modified.experiment, heading(id)),
    );
  return undefined;
}

async function start(
  services: Services,
  { root, id }: Pick<TrainingOfRun, 'root' | 'id'>,
  set: Settings,
): Promise<string | undefined> {
  // Wrong settings are told before a worker is begun.
  const { experiment } = await experimentLike(root, { run: id, set });
  // What this machine's settings say of the device comes after what was asked for here.
  const overrides = Object.entries(trainingOverrides()).filter(([key]) => !Object.hasOwn(set, key));
  const like = { run: id, set: settings.parse(set) };
  const request = { root, like, ...Object.fromEntries(overrides) };
  return followJob(services, await services.jobs.train(experiment.name, request));
}

/** `M2AT: Save Settings as Experiment…` @returns the file; undefined when that was dismissed */
async function saveSettings(services: Services, target: unknown): Promise<vscode.Uri | undefined> {
  const run = await trainingOf(services, target, 'Run whose settings to save');
  if (!run) return undefined;
  const name = await askText({
    title: 'Save Settings as Experiment',
    prompt: 'Name of the file, without .m2at.json. Start Training Run… offers it.',
    value: fileName(run.experiment),
    problemOf: (answer) =>
      FILE_NAME.test(answer) ? undefined : 'must be letters, digits, "-" and "_", at most 60 of them',
  });
  if (name === undefined || !FILE_NAME.test(name)) return undefined;
  const folder = await experimentFolder();
  if (!folder) return undefined;
  const text = experimentText({ ...run.experiment, name }, heading(run.id));
  const file = vscode.Uri.file(await writeNewFile(folder.fsPath, name, text));
  await vscode.window.showTextDocument(file, { preview: false });
  return file;
}

/** `M2AT: Copy Command`: what does the run again on the command line. */
async function copyCommand({ runs }: Services, target: unknown): Promise<void> {
  const id =
    runArgument(target) ??
    (await pickRun(runs, {
      placeHolder: 'Run whose command to copy',
      none: 'No run of this workspace says how it is done again.',
      filter: ({ record }) => record.command !== undefined,
    }));
  const record = id === undefined ? undefined : runs.record(id);
  if (!record) return;
  if (!record.command) {
    void showInformation(`${record.name} does not say how it is done again: it is of an earlier version.`);
    return;
  }
  const text = commandText(record.command);
  await copyText(text);
  void showInformation(`Copied, for a shell in the folder of the runs: ${text}`);
}

interface TrainingOfRun {
  readonly root: string;
  readonly id: string;
  readonly experiment: ResolvedExperiment;
}

/** The training run that a command was called for, or that the user picks. @throws M2atError where its settings can't be read */
async function trainingOf(
  { runs }: Services,
  target: unknown,
  placeHolder: string,
): Promise<TrainingOfRun | undefined> {
  const id =
    runArgument(target) ??
    (await pickRun(runs, {
      placeHolder,
      none: 'This workspace has no training run yet. "M2AT: Start Training Run…" starts one.',
      filter: ({ record }) => record.kind === 'train',
    }));
  const root = id === undefined ? undefined : runs.rootOf(id);
  const record = id === undefined ? undefined : runs.record(id);
  if (id === undefined || root === undefined || !record) return undefined;
  if (record.kind !== 'train') {
    void showInformation(`${record.name} is an attack: "M2AT: Attack Checkpoint…" starts another one.`);
    return undefined;
  }
  return { root, id, experiment: await readExperiment(root, id) };
}

const FILE_NAME = /^[\w-]{1,60}$/;

/** The experiment's name, without what file systems take for something else. */
function fileName({ name }: ResolvedExperiment): string {
  return (
    name
      .replaceAll(/[^\w-]+/g, '-')
      .replaceAll(/^-+|-+$/g, '')
      .slice(0, 60) || 'experiment'
  );
}

function heading(id: string): string {
  return `The settings of the run ${id}.`;
}
