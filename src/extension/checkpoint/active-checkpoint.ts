import * as vscode from 'vscode';
import { contextKeys } from '../contributions';
import { setContext } from '../context-key';
import { sniffCheckpoint } from './sniff-checkpoint';

/** The file of the active tab, whether VS Code shows it as text or in an editor of its own. */
export function activeFile(): vscode.Uri | undefined {
  const input = vscode.window.tabGroups.activeTabGroup.activeTab?.input;
  const uri =
    input instanceof vscode.TabInputText || input instanceof vscode.TabInputCustom ? input.uri : undefined;
  return uri?.scheme === 'file' ? uri : undefined;
}

/** Keeps the context key that says whether the active tab shows a checkpoint. */
export function registerActiveCheckpoint(): vscode.Disposable {
  const update = async (): Promise<void> => {
    const file = activeFile();
    const kind = file && (await sniffCheckpoint(file.fsPath));
    if (activeFile()?.toString() === file?.toString())
      setContext(contextKeys.activeCheckpoint, kind !== undefined);
  };
  void update();
  return vscode.Disposable.from(
    vscode.window.tabGroups.onDidChangeTabs(() => void update()),
    vscode.window.tabGroups.onDidChangeTabGroups(() => void update()),
    vscode.workspace.onDidSaveTextDocument(() => void update()),
  );
}
