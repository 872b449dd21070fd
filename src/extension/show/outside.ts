import * as vscode from 'vscode';

/** Whether the machine that computes is another one than the user sees, so that files of the one do not open on the other. */
export function isRemote(): boolean {
  return vscode.env.remoteName !== undefined || vscode.env.uiKind === vscode.UIKind.Web;
}

/** Opens a page in the user's browser: only what this extension has just written. @returns whether a program took it */
export function openInBrowser(page: string): Thenable<boolean> {
  return vscode.env.openExternal(vscode.Uri.file(page));
}

/** Shows where a folder is: in the explorer on a remote machine, otherwise in the file manager. Nothing in it is opened. */
export async function revealFolder(folder: vscode.Uri): Promise<void> {
  const known = vscode.workspace.getWorkspaceFolder(folder) !== undefined;
  await vscode.commands.executeCommand(isRemote() && known ? 'revealInExplorer' : 'revealFileInOS', folder);
}

/** Opens a picture that this extension has just written, in an editor. */
export async function openPicture(file: string): Promise<void> {
  await vscode.commands.executeCommand('vscode.open', vscode.Uri.file(file));
}

/** Puts a text into the clipboard. */
export async function copyText(text: string): Promise<void> {
  await vscode.env.clipboard.writeText(text);
}
