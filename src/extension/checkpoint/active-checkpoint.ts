import * as vscode from 'vscode';
import { sniffFormat } from '../../core/models/formats/find-format';
import { contextKeys } from '../contributions';
import { setContext } from '../context-key';
import type { Services } from '../services';

/** The file of the active tab, whether VS Code shows it as text or in an editor of its own. */
export function activeFile(): vscode.Uri | undefined {
  const input = vscode.window.tabGroups.activeTabGroup.activeTab?.input;
  const uri =
    input instanceof vscode.TabInputText || input instanceof vscode.TabInputCustom ? input.uri : undefined;
  return uri?.scheme === 'file' ? uri : undefined;
}

/** Keeps the context key that says whether the active tab shows a checkpoint. */
export function registerActiveCheckpoint({ registry }: Pick<Services, 'registry'>): vscode.Disposable {
  const update = async (): Promise<void> => {
    const file = activeFile();
    const format = file && (await sniffFormat(registry.formats, file.fsPath));
    if (activeFile()?.toString() === file?.toString())
      setContext(contextKeys.activeCheckpoint, format !== undefined);
  };
  void update();
  return vscode.Disposable.from(
    vscode.window.tabGroups.onDidChangeTabs(() => void update()),
    vscode.window.tabGroups.onDidChangeTabGroups(() => void update()),
    vscode.workspace.onDidSaveTextDocument(() => void update()),
  );
}
