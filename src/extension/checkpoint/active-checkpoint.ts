import * as vscode from 'vscode';
import type { FormatDefinition } from '../../core/models/formats/define-format';
import { contextKeys } from '../contributions';
import { setContext } from '../context-key';

/** The file of the active tab, whether VS Code shows it as text or in an editor of its own. */
export function activeFile(): vscode.Uri | undefined {
  const input = vscode.window.tabGroups.activeTabGroup.activeTab?.input;
  const uri =
    input instanceof vscode.TabInputText || input instanceof vscode.TabInputCustom ? input.uri : undefined;
  return uri?.scheme === 'file' ? uri : undefined;
}

/** Keeps the context key that says whether the active tab shows a checkpoint, of one of the formats that are loaded then. */
export function registerActiveCheckpoint(
  formats: () => Promise<readonly FormatDefinition[]>,
): vscode.Disposable {
  const formatOf = async (file: vscode.Uri): Promise<FormatDefinition | undefined> => {
    const { sniffFormat } = await import('../../core/models/formats/find-format');
    return sniffFormat(await formats(), file.fsPath);
  };
  const update = async (): Promise<void> => {
    const file = activeFile();
    const format = file && (await formatOf(file));
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
