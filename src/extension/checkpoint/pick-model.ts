import path from 'node:path';
import * as vscode from 'vscode';
import { sniffFormat } from '../../core/models/formats/find-format';
import { dialogFilter, either, fileNames, filePatterns } from '../../core/models/formats/name-files';
import type { Registry } from '../../core/registry/registry';
import { isOver } from '../../core/records/run-state';
import { startTime, summary } from '../format';
import type { Services } from '../services';
import { askFiles, pick, pickMany, separator } from '../show/questions';
import { runIcon } from '../views/run-icon';

export type PickedModel = { readonly run: string } | { readonly file: vscode.Uri };

interface ModelItem extends vscode.QuickPickItem {
  /** Absent: a file dialog. */
  readonly model?: PickedModel;
}

/** More are not looked at. */
const MOST_FILES = 200;

type Formats = Registry['formats'];
export type Sources = Pick<Services, 'runs' | 'registry'>;

/** Lets the user choose a trained run, a model of the workspace or any other file; undefined when dismissed. */
export async function pickModel(from: Sources): Promise<PickedModel | undefined> {
  const picked = await pick(await modelItems(from), {
    title: 'Attack Checkpoint',
    placeHolder: 'Checkpoint to attack',
    matchOnDescription: true,
    matchOnDetail: true,
  });
  if (!picked) return undefined;
  if (picked.model) return picked.model;
  const { formats } = await from.registry();
  const [file] = await browse(formats, { title: 'Checkpoint to attack', openLabel: 'Attack' });
  return file;
}

/** The same for several; empty when dismissed. */
export async function pickModels(from: Sources, title: string, placeHolder: string): Promise<PickedModel[]> {
  const picked = await pickMany(await modelItems(from), {
    title,
    placeHolder,
    matchOnDescription: true,
    matchOnDetail: true,
    ignoreFocusOut: true,
  });
  if (!picked) return [];
  const chosen = picked.flatMap(({ model }) => (model ? [model] : []));
  if (chosen.length === picked.length) return chosen;
  const { formats } = await from.registry();
  return [...chosen, ...(await browse(formats, { title, openLabel: 'Choose', canSelectMany: true }))];
}

async function modelItems({ runs, registry }: Sources): Promise<ModelItem[]> {
  const { formats } = await registry();
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
    ...(await workspaceModels(formats)),
    separator('Elsewhere'),
    {
      label: 'Browse…',
      iconPath: new vscode.ThemeIcon('folder-opened'),
      description: either(fileNames(formats, 'offered')),
    },
  ];
}

async function workspaceModels(formats: Formats): Promise<ModelItem[]> {
  const files = await vscode.workspace.findFiles(
    `**/{${filePatterns(formats).join(',')}}`,
    '**/{node_modules,.m2at}/**',
    MOST_FILES,
  );
  const found = await Promise.all(
    files
      .filter(({ scheme }) => scheme === 'file')
      .sort((a, b) => a.path.localeCompare(b.path))
      .map(async (file) => ({ file, format: await sniffFormat(formats, file.fsPath) })),
  );
  const items = found.flatMap(({ file, format }): ModelItem[] => {
    if (!format) return [];
    const name = vscode.workspace.asRelativePath(file);
    const folder = path.posix.dirname(name);
    return [
      {
        label: path.posix.basename(name),
        iconPath: new vscode.ThemeIcon('file-binary'),
        description: [...(folder === '.' ? [] : [folder]), format.title].join(' · '),
        model: { file },
      },
    ];
  });
  return items.length > 0 ? [separator('In this workspace'), ...items] : [];
}

async function browse(formats: Formats, options: vscode.OpenDialogOptions): Promise<PickedModel[]> {
  const files = await askFiles({ ...options, filters: dialogFilter(formats) });
  return files.map((file) => ({ file }));
}
