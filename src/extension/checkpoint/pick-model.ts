import path from 'node:path';
import * as vscode from 'vscode';
import { isOver } from '../../core/records/run-state';
import { startTime, summary } from '../format';
import type { Runs } from '../runs/runs';
import { askFiles, pick, pickMany, separator } from '../show/questions';
import { runIcon } from '../views/run-icon';
import { sniffCheckpoint, type CheckpointKind } from './sniff-checkpoint';

export type PickedModel = { readonly run: string } | { readonly file: vscode.Uri };

interface ModelItem extends vscode.QuickPickItem {
  /** Absent: a file dialog. */
  readonly model?: PickedModel;
}

/** More are not looked at. */
const MOST_FILES = 200;

const kinds: Readonly<Record<CheckpointKind, string>> = {
  'layers-model': 'TF.js layers model',
  'graph-model': 'TF.js graph model',
  onnx: 'ONNX',
};

/** Lets the user choose a trained run, a model of the workspace or any other file; undefined when dismissed. */
export async function pickModel(runs: Runs): Promise<PickedModel | undefined> {
  const picked = await pick(await modelItems(runs), {
    title: 'Attack Checkpoint',
    placeHolder: 'Checkpoint to attack',
    matchOnDescription: true,
    matchOnDetail: true,
  });
  if (!picked) return undefined;
  if (picked.model) return picked.model;
  const [file] = await browse('Checkpoint to attack', 'Attack', false);
  return file;
}

/** The same for several; empty when dismissed. */
export async function pickModels(runs: Runs, title: string, placeHolder: string): Promise<PickedModel[]> {
  const picked = await pickMany(await modelItems(runs), {
    title,
    placeHolder,
    matchOnDescription: true,
    matchOnDetail: true,
    ignoreFocusOut: true,
  });
  if (!picked) return [];
  const chosen = picked.flatMap(({ model }) => (model ? [model] : []));
  return chosen.length < picked.length ? [...chosen, ...(await browse(title, 'Choose', true))] : chosen;
}

async function modelItems(runs: Runs): Promise<ModelItem[]> {
  await runs.refresh();
  const trained = runs.list().filter(({ record }) => record.kind === 'train' && isOver(record));
  return [
    ...(trained.length > 0 ? [separator('Runs')] : []),
    ...trained.map(({ record }) => ({
      label: record.name,
      description: summary(record),
      detail: `Training, ${startTime(record)}`,
      iconPath: runIcon(record),
      model: { run: record.id },
    })),
    ...(await workspaceModels()),
    separator('Elsewhere'),
    {
      label: 'Browse…',
      iconPath: new vscode.ThemeIcon('folder-opened'),
      description: 'a model.json or an .onnx file',
    },
  ];
}

async function workspaceModels(): Promise<ModelItem[]> {
  const files = await vscode.workspace.findFiles(
    '**/{model.json,*.onnx}',
    '**/{node_modules,.m2at}/**',
    MOST_FILES,
  );
  const found = await Promise.all(
    files
      .filter(({ scheme }) => scheme === 'file')
      .sort((a, b) => a.path.localeCompare(b.path))
      .map(async (file) => ({ file, kind: await sniffCheckpoint(file.fsPath) })),
  );
  const items = found.flatMap(({ file, kind }): ModelItem[] => {
    if (!kind) return [];
    const name = vscode.workspace.asRelativePath(file);
    const folder = path.posix.dirname(name);
    return [
      {
        label: path.posix.basename(name),
        iconPath: new vscode.ThemeIcon('file-binary'),
        description: [...(folder === '.' ? [] : [folder]), kinds[kind]].join(' · '),
        model: { file },
      },
    ];
  });
  return items.length > 0 ? [separator('In this workspace'), ...items] : [];
}

async function browse(title: string, openLabel: string, canSelectMany: boolean): Promise<PickedModel[]> {
  const files = await askFiles({
    title,
    openLabel,
    canSelectMany,
    filters: { 'TF.js and ONNX models': ['json', 'onnx'] },
  });
  return files.map((file) => ({ file }));
}
