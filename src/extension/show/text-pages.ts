import * as vscode from 'vscode';
import { printableLines } from '../../core/printable';
import { plain } from './plain';

const scheme = 'm2at-text';

/**
 * Texts that are shown in a tab and can't be edited. Their addresses hold them, so that a tab that comes back with the window
 * still has its text.
 */
export function registerTextPages(): vscode.Disposable {
  return vscode.workspace.registerTextDocumentContentProvider(scheme, {
    provideTextDocumentContent: ({ query }) => query,
  });
}

/** Shows lines of text, made printable. @param title of the tab */
export async function showText(title: string, text: string): Promise<void> {
  const uri = vscode.Uri.from({
    scheme,
    path: `/${plain(title).replaceAll(/[\\/]/g, ' ')}`,
    query: printableLines(text),
  });
  await vscode.window.showTextDocument(await vscode.workspace.openTextDocument(uri), { preview: false });
}
