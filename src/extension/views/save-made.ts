import path from 'node:path';
import * as vscode from 'vscode';
import { showInformation } from '../show/notifications';
import { askSaveAs } from '../show/questions';

const KINDS: Readonly<Record<string, string>> = {
  '.csv': 'CSV',
  '.md': 'Markdown',
  '.tex': 'LaTeX',
  '.png': 'Picture',
  '.svg': 'Drawing',
  '.html': 'Web page',
};

/** Saves what a page has made where the user says. @param name of the file, unless the user has another one */
export async function saveMade(name: string, content: string | Uint8Array): Promise<void> {
  const extension = path.extname(name);
  const folder = vscode.workspace.workspaceFolders?.[0]?.uri;
  const file = await askSaveAs({
    title: `Save ${name}`,
    ...(KINDS[extension] !== undefined && { filters: { [KINDS[extension]]: [extension.slice(1)] } }),
    ...(folder && { defaultUri: vscode.Uri.joinPath(folder, name) }),
  });
  if (!file) return;
  await vscode.workspace.fs.writeFile(file, typeof content === 'string' ? Buffer.from(content) : content);
  void showInformation(`Saved ${path.basename(file.fsPath)}.`);
}
