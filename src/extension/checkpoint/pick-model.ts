import path from 'node:path';
import * as vscode from 'vscode';
import { isOver } from '../../core/runs/run-store';
import { startTime, summary } from '../format';
import type { Runs } from '../runs/runs';
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
  await runs.refresh();
  const trained = runs.list().filter(({ record }) => record.kind === 'train' && isOver(record));
  const items: ModelItem[] = [
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
    { label: '$(folder-opened) Browse…', description: 'a model.json or an .onnx file' },
  ];
  const picked = await vscode.window.showQuickPick(items, {
    title: 'Attack Checkpoint',
    placeHolder: 'Checkpoint to attack',
    matchOnDescription: true,
    matchOnDetail: true,
  });
  if (!picked) return undefined;
  return picked.model ?? browse();
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
        label: `$(file-binary) ${path.posix.basename(name)}`,
        description: [...(folder === '.' ? [] : [folder]), kinds[kind]].join(' · '),
        model: { file },
      },
    ];
  });
  return items.length > 0 ? [separator('In this workspace'), ...items] : [];
}

async function browse(): Promise<PickedModel | undefined> {
  const [file] =
    (await vscode.window.showOpenDialog({
      title: 'Checkpoint to attack',
      openLabel: 'Attack',
      filters: { 'TF.js and ONNX models': ['json', 'onnx'] },
    })) ?? [];
  return file && { file };
}

function separator(label: string): ModelItem {
  return { label, kind: vscode.QuickPickItemKind.Separator };
}
