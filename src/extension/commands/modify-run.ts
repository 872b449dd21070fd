import * as vscode from 'vscode';
import * as z from 'zod';
import { experimentText } from '../../core/experiment/experiment-text';
import type { ResolvedExperiment } from '../../core/experiment/experiment-schema';
import type { Settings } from '../../core/experiment/set-settings';
import { M2atError } from '../../core/errors';
import type { RunRecord } from '../../core/records/run-files';
import { readKnownTask } from '../../core/runs/attack-like-settings';
import { changedExperiment, experimentLike } from '../../core/runs/experiment-like';
import { readExperiment } from '../../core/runs/run-store';
import { commandText } from '../../core/shell-words';
import { commands } from '../contributions';
import { experimentFolder } from '../experiment/experiment-folder';
import { modifiableAttack } from '../attack/modifiable-attack';
import { modifiableTraining } from '../experiment/modifiable-training';
import { modifySettings, type Modifiable } from '../experiment/modify-settings';
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
  const { runs } = services;
  const run = await runOf(services, target, 'Run whose settings to change and start again');
  if (!run || !isTrusted(run.kind === 'attack' ? 'An attack' : 'Training')) return undefined;
  const { root, id } = run;
  const told = modifyOptions.safeParse(options).data;
  if (run.kind === 'attack') {
    const registry = await services.registry();
    const task = await readKnownTask(root, id, registry);
    const name = runs.record(id)?.name ?? id;
    const attack = modifiableAttack(task, { name, root, registry });
    const set = told?.set ?? (await modifySettings(attack))?.set;
    return set && startAttack(services, attack, { root, id, set });
  }
  if (told) return startTraining(services, run, told.set);
  const experiment = await readExperiment(root, id);
  const modified = await modifySettings(modifiableTraining(experiment));
  if (!modified) return undefined;
  if (modified.then === 'start') return startTraining(services, run, modified.set);
  const folder = await experimentFolder();
  const [changed] = changedExperiment(experiment, modified.set).runs ?? [];
  if (folder && changed) {
    const text = experimentText(changed.experiment, heading(id));
    await openUnsaved(folder, fileName(changed.experiment), text);
  }
  return undefined;
}

async function startTraining(
  services: Services,
  { root, id }: Pick<ChosenRun, 'root' | 'id'>,
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

async function startAttack(
  services: Services,
  attack: Modifiable,
  { root, id, set: asked }: { readonly root: string; readonly id: string; readonly set: Settings },
): Promise<string | undefined> {
  const { ignoreMemory, ...device } = trainingOverrides();
  const set = settings.parse({ ...device, ...asked });
  const { problems } = attack.changed(set);
  if (problems) {
    const [first, ...others] = problems.map(({ text }) => text);
    const hint = 'Correct what is set and start again.';
    throw new M2atError('bad-input', first ?? '', { where: attack.name, lines: others, hint });
  }
  return followJob(
    services,
    await services.jobs.attackLike(attack.name, { root, run: id, set, ignoreMemory }),
  );
}

/** `M2AT: Save Settings as Experiment…` @returns the file; undefined when that was dismissed */
async function saveSettings(services: Services, target: unknown): Promise<vscode.Uri | undefined> {
  const run = await runOf(services, target, 'Run whose settings to save', ({ kind }) => kind === 'train');
  if (!run) return undefined;
  if (run.kind !== 'train') {
    void showInformation('An attack is no experiment: "Copy Command" has what does it again.');
    return undefined;
  }
  const experiment = await readExperiment(run.root, run.id);
  const name = await askText({
    title: 'Save Settings as Experiment',
    prompt: 'Name of the file, without .m2at.json. Start Training Run… offers it.',
    value: fileName(experiment),
    problemOf: (answer) =>
      FILE_NAME.test(answer) ? undefined : 'must be letters, digits, "-" and "_", at most 60 of them',
  });
  if (name === undefined || !FILE_NAME.test(name)) return undefined;
  const folder = await experimentFolder();
  if (!folder) return undefined;
  const text = experimentText({ ...experiment, name }, heading(run.id));
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

interface ChosenRun {
  readonly root: string;
  readonly id: string;
  readonly kind: RunRecord['kind'];
}

/** The run that a command was called for, or that the user picks. */
async function runOf(
  { runs }: Services,
  target: unknown,
  placeHolder: string,
  filter: (record: RunRecord) => boolean = () => true,
): Promise<ChosenRun | undefined> {
  const id =
    runArgument(target) ??
    (await pickRun(runs, {
      placeHolder,
      none: 'This workspace has no such run yet. "M2AT: Start Training Run…" starts one.',
      filter: ({ record }) => filter(record),
    }));
  const root = id === undefined ? undefined : runs.rootOf(id);
  const record = id === undefined ? undefined : runs.record(id);
  return id === undefined || root === undefined || !record ? undefined : { root, id, kind: record.kind };
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
