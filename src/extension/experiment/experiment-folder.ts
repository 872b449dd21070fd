import * as vscode from 'vscode';

const purpose = 'Folder for the experiment and its runs';

/**
 * The folder that a new experiment goes into: the one that is open, one of several by choice, or, without any, one that
 * is asked for.
 * @returns undefined when the question was dismissed
 */
export async function experimentFolder(): Promise<vscode.Uri | undefined> {
  const [first, ...others] = vscode.workspace.workspaceFolders ?? [];
  if (first && others.length === 0) return first.uri;
  if (!first) return askForFolder();
  return (await vscode.window.showWorkspaceFolderPick({ placeHolder: purpose }))?.uri;
}

/** @returns undefined when the dialog was dismissed */
export async function askForFolder(): Promise<vscode.Uri | undefined> {
  const chosen = await vscode.window.showOpenDialog({
    canSelectFiles: false,
    canSelectFolders: true,
    canSelectMany: false,
    title: purpose,
    openLabel: 'Use This Folder',
  });
  return chosen?.[0];
}
