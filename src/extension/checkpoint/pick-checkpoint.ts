import path from 'node:path';
import * as vscode from 'vscode';
import { z } from 'zod';
import { pickRun } from '../commands/pick-run';
import { runArgument } from '../commands/run-argument';
import { rootOf } from '../experiment/experiment-root';
import { isOver } from '../../core/runs/run-store';
import type { Runs } from '../runs/runs';
import { activeFile } from './active-checkpoint';
import { latestCheckpoint, sniffCheckpoint } from './sniff-checkpoint';

export interface Checkpoint {
  /** What people call it. */
  readonly title: string;
  /** `model.json` or an `.onnx` file. */
  readonly file: string;
  /** Where the attack's run goes. */
  readonly root: string;
}

const uris = z.array(z.custom<vscode.Uri>((value) => value instanceof vscode.Uri)).min(1);

/**
 * The checkpoints that a command was called for: the explorer's selection, a run, the active editor's file,
 * or one that the user picks. Empty when there is none; the user has then been told why.
 */
export async function pickCheckpoints(
  runs: Runs,
  target: unknown,
  selection: unknown,
): Promise<Checkpoint[]> {
  if (target instanceof vscode.Uri) return ofFiles(uris.safeParse(selection).data ?? [target]);
  const run = runArgument(target);
  if (run !== undefined) return ofRun(runs, run);
  const active = activeFile();
  if (active && (await sniffCheckpoint(active.fsPath))) return ofFiles([active]);
  const picked = await pickRun(runs, {
    placeHolder: 'Run whose latest checkpoint to attack',
    none: 'No checkpoint: open a model.json or an .onnx file, or train a network first ("M2AT: Start Training Run…").',
    filter: (record) => record.kind === 'train' && isOver(record),
  });
  return picked === undefined ? [] : ofRun(runs, picked);
}

async function ofFiles(files: readonly vscode.Uri[]): Promise<Checkpoint[]> {
  const checkpoints: Checkpoint[] = [];
  for (const uri of files) {
    if (uri.scheme === 'file' && (await sniffCheckpoint(uri.fsPath))) {
      checkpoints.push({ title: titleOf(uri), file: uri.fsPath, root: rootOf(uri) });
    } else {
      void vscode.window.showErrorMessage(
        `${vscode.workspace.asRelativePath(uri)} is no checkpoint: name a TF.js model.json (layers or graph model) or an .onnx file.`,
      );
    }
  }
  return checkpoints;
}

async function ofRun(runs: Runs, id: string): Promise<Checkpoint[]> {
  const record = runs.record(id);
  const directory = runs.directory(id);
  const root = runs.rootOf(id);
  if (!record || directory === undefined || root === undefined) {
    void vscode.window.showErrorMessage(`The run ${id} is not in this workspace any more.`);
    return [];
  }
  if (record.kind === 'attack' && record.source !== undefined)
    return ofFiles([vscode.Uri.file(record.source)]);
  const file = await latestCheckpoint(directory);
  if (file !== undefined) return [{ title: record.name, file, root }];
  void vscode.window.showErrorMessage(
    `${record.name} has no checkpoint yet: the first is saved after an epoch or on a stop.`,
  );
  return [];
}

/** `model.json` says nothing: its folder does. */
function titleOf(uri: vscode.Uri): string {
  const name = path.basename(uri.fsPath);
  return name === 'model.json' ? `${path.basename(path.dirname(uri.fsPath))}/${name}` : name;
}
