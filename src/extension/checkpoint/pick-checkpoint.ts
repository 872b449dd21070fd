import path from 'node:path';
import * as vscode from 'vscode';
import * as z from 'zod';
import { runArgument } from '../commands/run-argument';
import { rootOf } from '../experiment/experiment-root';
import { percent } from '../format';
import type { Runs } from '../runs/runs';
import { activeFile } from './active-checkpoint';
import { pickModel, pickModels } from './pick-model';
import { runCheckpoints, type RunCheckpoint } from './run-checkpoints';
import { sniffCheckpoint, whyNoCheckpoint } from './sniff-checkpoint';

export interface Checkpoint {
  /** What people call it. */
  readonly title: string;
  /** Path of a `model.json` or an `.onnx`. */
  readonly file: string;
  /** Where the attack's run goes. */
  readonly root: string;
}

const uris = z.array(z.custom<vscode.Uri>((value) => value instanceof vscode.Uri)).min(1);

/**
 * The checkpoints that a command was called for: the explorer's selection, a run, the active editor's file,
 * or one that the user picks. Empty when there is none; the user has then been told why.
 * @param which the checkpoint of a run that has several; absent: the user is asked
 */
export async function pickCheckpoints(
  runs: Runs,
  target: unknown,
  selection: unknown,
  which?: RunCheckpoint['which'],
): Promise<Checkpoint[]> {
  if (target instanceof vscode.Uri) return ofFiles(uris.safeParse(selection).data ?? [target]);
  const run = runArgument(target);
  if (run !== undefined) return ofRun(runs, run, which);
  const active = activeFile();
  if (active && (await sniffCheckpoint(active.fsPath))) return ofFiles([active]);
  const picked = await pickModel(runs);
  if (!picked) return [];
  return 'run' in picked ? ofRun(runs, picked.run, which) : ofFiles([picked.file]);
}

/** Several checkpoints that the user picks, or those of these files. Empty as above. */
export async function pickTargets(runs: Runs, files?: readonly string[]): Promise<Checkpoint[]> {
  if (files) return ofFiles(files.map((file) => vscode.Uri.file(file)));
  const picked = await pickModels(runs, 'Evaluate Examples', 'Checkpoints to show the examples to');
  const checkpoints: Checkpoint[] = [];
  for (const model of picked) {
    checkpoints.push(...('run' in model ? await ofRun(runs, model.run) : await ofFiles([model.file])));
  }
  return checkpoints;
}

async function ofFiles(files: readonly vscode.Uri[]): Promise<Checkpoint[]> {
  const checkpoints: Checkpoint[] = [];
  for (const uri of files) {
    const name = vscode.workspace.asRelativePath(uri);
    if (uri.scheme !== 'file') {
      void vscode.window.showErrorMessage(
        `${name} is not on the disk of the machine that computes. Save it there, and attack that file.`,
      );
    } else if (await sniffCheckpoint(uri.fsPath)) {
      checkpoints.push({ title: titleOf(uri), file: uri.fsPath, root: rootOf(uri) });
    } else {
      void vscode.window.showErrorMessage(await whyNoCheckpoint(uri.fsPath, name));
    }
  }
  return checkpoints;
}

async function ofRun(runs: Runs, id: string, which?: RunCheckpoint['which']): Promise<Checkpoint[]> {
  const record = runs.record(id);
  if (record?.kind === 'attack' && record.source !== undefined)
    return ofFiles([vscode.Uri.file(record.source)]);
  const directory = runs.directory(id);
  const root = runs.rootOf(id);
  if (!record || directory === undefined || root === undefined) {
    void vscode.window.showErrorMessage(`The run ${id} is not in this workspace any more.`);
    return [];
  }
  const checkpoints = await runCheckpoints(directory);
  if (checkpoints.length > 0) {
    const chosen = await chooseCheckpoint(record.name, checkpoints, which);
    if (!chosen) return [];
    const title = checkpoints.length > 1 ? `${record.name} (${chosen.which})` : record.name;
    return [{ title, file: chosen.file, root }];
  }
  void vscode.window.showErrorMessage(
    `${record.name} has no checkpoint yet: the first is saved after an epoch or on a stop.`,
  );
  return [];
}

/** The only one, the one that was named, or the one that the user picks; undefined when that was dismissed. */
async function chooseCheckpoint(
  run: string,
  checkpoints: readonly RunCheckpoint[],
  which: RunCheckpoint['which'] | undefined,
): Promise<RunCheckpoint | undefined> {
  if (checkpoints.length === 1) return checkpoints[0];
  const named = checkpoints.find((checkpoint) => checkpoint.which === which);
  if (named) return named;
  const items = checkpoints.map((checkpoint) => ({
    label: checkpoint.which === 'best' ? 'Best checkpoint' : 'Last checkpoint',
    description: describe(checkpoint),
    checkpoint,
  }));
  const picked = await vscode.window.showQuickPick(items, { placeHolder: `Checkpoint of ${run} to attack` });
  return picked?.checkpoint;
}

function describe({ which, state }: RunCheckpoint): string {
  if (!state) return '';
  const epoch = `epoch ${Number.isInteger(state.epoch) ? state.epoch : state.epoch.toFixed(1)}`;
  const accuracy = which === 'best' ? state.bestRobustAccuracy : null;
  return accuracy === null ? epoch : `${epoch}, robust ${percent(accuracy)}`;
}

/** `model.json` says nothing: its folder does. */
function titleOf(uri: vscode.Uri): string {
  const name = path.basename(uri.fsPath);
  return name === 'model.json' ? `${path.basename(path.dirname(uri.fsPath))}/${name}` : name;
}
