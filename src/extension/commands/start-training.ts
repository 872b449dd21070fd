import path from 'node:path';
import * as vscode from 'vscode';
import * as z from 'zod';
import {
  problemLine,
  type ExperimentProblem,
  type ExperimentRun,
} from '../../core/experiment/parse-experiment';
import { shortened } from '../../core/printable';
import { commands } from '../contributions';
import { rangeOf } from '../experiment/experiment-diagnostics';
import { isExperimentFile } from '../experiment/is-experiment';
import { rootOf } from '../experiment/experiment-root';
import { pickExperiment } from '../experiment/pick-experiment';
import { saveExperiment } from '../experiment/save-experiment';
import { isTrusted } from '../messages';
import type { Services } from '../services';
import { trainingOverrides } from '../settings';
import { confirm, showError } from '../show/notifications';
import { pick } from '../show/questions';
import { followJob } from './job-messages';
import { registerCommand } from './register-command';

/**
 * Third argument of the command, for key bindings and other extensions: names of the runs to do, or of the entries that a
 * sweep is laid over; or that all are.
 */
const startOptions = z.object({
  runs: z.array(z.string()).min(1).optional(),
  all: z.boolean().optional(),
});

/** Starting more runs than this has to be confirmed. */
const ASKED_FROM = 10;

/**
 * `M2AT: Start Training Run…`. Called with the URI of a file, or of an unsaved document, it does not ask for one. An
 * experiment that is not saved yet is saved first.
 */
export function registerStartTraining(services: Services): vscode.Disposable {
  return registerCommand(commands.startTraining, services.log, async (target, _context, options) => {
    if (!isTrusted('Training')) return undefined;
    const chosen = target instanceof vscode.Uri ? target : await pickExperiment(services.extensionUri);
    if (!chosen) return undefined;
    const file = chosen.scheme === 'untitled' ? await saveExperiment(chosen) : chosen;
    if (!file) return undefined;
    const experiment = await readExperiment(services, file);
    if (!experiment) return undefined;
    const { runs, text } = experiment;
    const { all, runs: named } = startOptions.safeParse(options ?? {}).data ?? {};
    const names = all ? runs.map(({ name }) => name) : (named ?? (await pickRuns(runs)));
    if (!names || !(await isMeant(runs, names, file))) return undefined;
    return startTraining(services, { file, text, names, runs });
  });
}

/** A file's runs, and what it says, which may be another thing when they begin. */
interface Experiment {
  readonly runs: readonly ExperimentRun[];
  readonly text: string;
}

/** @returns the first run's id. */
async function startTraining(
  services: Services,
  { file, text, names, runs }: Experiment & { readonly file: vscode.Uri; readonly names: readonly string[] },
): Promise<string | undefined> {
  const total = runs.length;
  const root = rootOf(file);
  await services.runs.addRoot(root);
  const title = path.basename(file.fsPath, '.m2at.json');
  const job = await services.jobs.train(
    names.length === 1 && total > 1 ? `${title}: ${names[0] ?? ''}` : title,
    {
      root,
      file: file.fsPath,
      text,
      ...(names.length < total && { runs: [...names] }),
      ...trainingOverrides(),
    },
    onlyDevice(runs),
  );
  return followJob(services, job);
}

/** What all runs of a file ask for. */
function onlyDevice(runs: readonly ExperimentRun[]): string | undefined {
  const [first, ...others] = new Set(runs.map(({ experiment }) => experiment.device));
  return others.length === 0 ? first : undefined;
}

/** Asks before many runs are started. */
async function isMeant(
  runs: readonly ExperimentRun[],
  names: readonly string[],
  file: vscode.Uri,
): Promise<boolean> {
  const wanted = new Set(names);
  const { length } = runs.filter(({ name, entry = name }) => wanted.has(name) || wanted.has(entry));
  if (length <= ASKED_FROM) return true;
  const detail = ['They are trained one after the other; a run that fails does not end the others.'];
  return confirm(`Start ${length} runs of ${path.basename(file.fsPath)}?`, detail, `Start ${length} Runs`);
}

/** Saves and checks the file; a wrong one is shown at the place that is wrong. */
async function readExperiment({ diagnostics }: Services, file: vscode.Uri): Promise<Experiment | undefined> {
  if (file.scheme !== 'file' || !isExperimentFile(file)) {
    void showError(
      `${path.basename(file.fsPath)} is not an experiment file: it must be on a disk, and its name must end in .m2at.json.`,
    );
    return undefined;
  }
  const document = await vscode.workspace.openTextDocument(file);
  if (document.isDirty && !(await document.save())) return undefined;
  const parsed = (await diagnostics()).check(document);
  if (parsed?.problems) {
    void showProblems(document, parsed.problems);
    return undefined;
  }
  return parsed?.runs && { runs: parsed.runs, text: document.getText() };
}

async function showProblems(
  document: vscode.TextDocument,
  problems: readonly ExperimentProblem[],
): Promise<void> {
  const [first] = problems;
  if (!first) return;
  const more = problems.length > 1 ? ` (and ${problems.length - 1} more in the Problems view)` : '';
  const { line } = document.positionAt(first.offset);
  const name = `${vscode.workspace.asRelativePath(document.uri)}:${line + 1}`;
  const open = 'Show in File';
  const answer = await showError(
    `${name}: ${problemLine(first).replace(/\.$/, '')}${more}. Correct the file and start again.`,
    open,
  );
  if (answer === open) {
    await vscode.window.showTextDocument(document, { selection: rangeOf(document, first) });
  }
}

/** Characters of the names of all runs. */
const LONGEST_LIST = 200;

/** All runs of the file, those of one of its entries, or one of them; undefined when the question was dismissed. */
async function pickRuns(runs: readonly ExperimentRun[]): Promise<readonly string[] | undefined> {
  const names = runs.map(({ name }) => name);
  if (names.length === 1) return names;
  const all = {
    label: `All ${names.length} runs`,
    iconPath: new vscode.ThemeIcon('run-all'),
    description: shortened(names.join(', '), LONGEST_LIST),
    names,
  };
  const entries = [...new Set(runs.flatMap(({ entry }) => entry ?? []))].map((entry) => ({
    label: `All runs of ${entry}`,
    iconPath: new vscode.ThemeIcon('run-all'),
    description: `${runs.filter((run) => run.entry === entry).length} runs`,
    names: [entry],
  }));
  const single = runs.map(({ name, experiment }) => ({
    label: name,
    iconPath: new vscode.ThemeIcon('run'),
    description: `${experiment.method.name}, ${experiment.training.epochs} epochs`,
    names: [name],
  }));
  const picked = await pick([all, ...(entries.length > 1 ? entries : []), ...single], {
    placeHolder: 'Which run to start',
  });
  return picked?.names;
}
