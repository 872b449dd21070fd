import path from 'node:path';
import * as vscode from 'vscode';
import * as z from 'zod';
import { sniffFormat } from '../../core/models/formats/find-format';
import { runArgument } from '../commands/run-argument';
import { rootOf } from '../experiment/experiment-root';
import { percent } from '../format';
import { showError } from '../show/notifications';
import { pick } from '../show/questions';
import { activeFile } from './active-checkpoint';
import { pickModel, pickModels, type Sources } from './pick-model';
import { runCheckpoints, type RunCheckpoint } from './run-checkpoints';
import { whyNoCheckpoint } from './why-no-checkpoint';

export interface Checkpoint {
  /** What people call it. */
  readonly title: string;
  /** Absolute path of the file that is read. */
  readonly modelFile: string;
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
  from: Sources,
  target: unknown,
  selection: unknown,
  which?: RunCheckpoint['which'],
): Promise<Checkpoint[]> {
  if (target instanceof vscode.Uri) return ofFiles(from, uris.safeParse(selection).data ?? [target]);
  const run = runArgument(target);
  if (run !== undefined) return ofRun(from, run, which);
  const active = activeFile();
  if (active && (await sniffFormat((await from.registry()).formats, active.fsPath)))
    return ofFiles(from, [active]);
  const picked = await pickModel(from);
  if (!picked) return [];
  return 'run' in picked ? ofRun(from, picked.run, which) : ofFiles(from, [picked.file]);
}

/** Several checkpoints that the user picks, or those of these files. Empty as above. */
export async function pickTargets(from: Sources, files?: readonly string[]): Promise<Checkpoint[]> {
  const named = files?.map((file) => vscode.Uri.file(file));
  if (named) return ofFiles(from, named);
  const picked = await pickModels(from, 'Evaluate Examples', 'Checkpoints to show the examples to');
  const checkpoints: Checkpoint[] = [];
  for (const model of picked) {
    checkpoints.push(...('run' in model ? await ofRun(from, model.run) : await ofFiles(from, [model.file])));
  }
  return checkpoints;
}

async function ofFiles({ registry }: Sources, files: readonly vscode.Uri[]): Promise<Checkpoint[]> {
  const { formats } = await registry();
  const checkpoints: Checkpoint[] = [];
  for (const uri of files) {
    const name = vscode.workspace.asRelativePath(uri);
    if (uri.scheme !== 'file') {
      void showError(
        `${name} is not on the disk of the machine that computes. Save it there, and attack that file.`,
      );
    } else if (await sniffFormat(formats, uri.fsPath)) {
      checkpoints.push({ title: titleOf(uri), modelFile: uri.fsPath, root: rootOf(uri) });
    } else {
      void showError(await whyNoCheckpoint(formats, uri.fsPath, name));
    }
  }
  return checkpoints;
}

async function ofRun(from: Sources, id: string, which?: RunCheckpoint['which']): Promise<Checkpoint[]> {
  const { runs } = from;
  const record = runs.record(id);
  if (record?.kind === 'attack' && record.source !== undefined)
    return ofFiles(from, [vscode.Uri.file(record.source)]);
  const directory = runs.directory(id);
  const root = runs.rootOf(id);
  if (!record || directory === undefined || root === undefined) {
    void showError(`The run ${id} is not in this workspace any more.`);
    return [];
  }
  const checkpoints = await runCheckpoints(directory);
  if (checkpoints.length > 0) {
    const chosen = await chooseCheckpoint(record.name, checkpoints, which);
    if (!chosen) return [];
    const title = checkpoints.length > 1 ? `${record.name} (${chosen.which})` : record.name;
    return [{ title, modelFile: chosen.modelFile, root }];
  }
  void showError(`${record.name} has no checkpoint yet: the first is saved after an epoch or on a stop.`);
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
  const picked = await pick(items, { placeHolder: `Checkpoint of ${run} to attack` });
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
