import assert from 'node:assert/strict';
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import * as vscode from 'vscode';
import { unsealJson } from '../../src/core/files/sealed-json';
import { runRecord, type RunRecord } from '../../src/core/records/run-files';
import { runsDirectory } from '../../src/core/records/run-paths';
import { runDirectory } from '../../src/core/runs/run-store';
import type { M2atApi } from '../../src/extension/extension';

/** The folder that the tests' window has open. */
export function workspaceFolder(): vscode.Uri {
  const folder = vscode.workspace.workspaceFolders?.[0]?.uri;
  assert.ok(folder, 'the tests need an open folder');
  return folder;
}

/** Writes a file of the workspace. */
export async function writeText(name: string, text: string): Promise<vscode.Uri> {
  const uri = vscode.Uri.joinPath(workspaceFolder(), name);
  await vscode.workspace.fs.writeFile(uri, new TextEncoder().encode(text));
  return uri;
}

/** An experiment of seconds: a tiny network on some dozens of real images. */
export function tinyExperiment(name: string, epochs: number): string {
  const attacks = [{ name: 'pgd', steps: 2 }];
  return JSON.stringify(
    {
      name,
      dataset: { name: 'cifar10', trainCount: 64, testCount: 32 },
      model: { name: 'small-cnn', widths: [4, 4, 8, 8], hidden: 16 },
      method: { name: 'm2at', steps: 1, stepSize: '10/255' },
      training: { epochs, batchSize: 32, schedule: { name: 'cyclic' }, augment: { crop: 0 } },
      evaluation: { during: { count: 16, attacks }, final: { count: 32, attacks } },
      samples: { everySteps: 1 },
    },
    undefined,
    2,
  );
}

export function runPath(id: string, ...parts: string[]): string {
  return path.join(runDirectory(workspaceFolder().fsPath, id), ...parts);
}

/** Names of the runs' folders, in the order of the file system. */
export async function runFolders(): Promise<string[]> {
  return readdir(runsDirectory(workspaceFolder().fsPath)).catch(() => []);
}

/** Undefined before the run has written it. */
export async function recordOf(id: string): Promise<RunRecord | undefined> {
  const text = await readFile(runPath(id, 'run.json'), 'utf8').catch(() => undefined);
  return text === undefined ? undefined : runRecord.parse(JSON.parse(unsealJson(text).json));
}

/** The extension under test, active. */
export async function activated(): Promise<M2atApi> {
  const extension = vscode.extensions.getExtension<M2atApi>('m2at.m2at');
  assert.ok(extension, 'the extension is not there');
  return extension.activate();
}

/** The record, as soon as its file says what is awaited, and the window knows that. */
export async function recordWhen(id: string, condition: (record: RunRecord) => boolean): Promise<RunRecord> {
  const { onDidChangeRuns, record: known } = await activated();
  return when(
    (changed) => onDidChangeRuns(changed),
    async () => {
      const record = await recordOf(id);
      const shown = known(id);
      return record && shown && condition(record) && condition(shown) ? record : undefined;
    },
  );
}

/** The first value that `look` finds, now or after one of the events that `subscribe` subscribes to. */
export async function when<T>(
  subscribe: (changed: () => void) => vscode.Disposable,
  look: () => Promise<T | undefined> | T | undefined,
): Promise<T> {
  let subscription: vscode.Disposable | undefined;
  try {
    return await new Promise<T>((resolve, reject) => {
      const check = (): void => {
        Promise.resolve(look()).then((value) => {
          if (value !== undefined) resolve(value);
        }, reject);
      };
      subscription = subscribe(check);
      check();
    });
  } finally {
    subscription?.dispose();
  }
}

/** The tab of a dashboard with this title, as soon as it is there. */
export function dashboardTab(title: string): Promise<vscode.Tab> {
  return when(
    (changed) => vscode.window.tabGroups.onDidChangeTabs(changed),
    () =>
      vscode.window.tabGroups.all
        .flatMap(({ tabs }) => tabs)
        .find(
          ({ input, label }) =>
            input instanceof vscode.TabInputWebview &&
            input.viewType.includes('m2at.dashboard') &&
            label === title,
        ),
  );
}
