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
  const uri = pageOf({ title, text });
  await vscode.window.showTextDocument(await vscode.workspace.openTextDocument(uri), { preview: false });
}

interface TextPage {
  readonly title: string;
  readonly text: string;
}

/** Shows what differs between two texts, as the editor shows changes. */
export async function showDifference(title: string, before: TextPage, after: TextPage): Promise<void> {
  await vscode.commands.executeCommand('vscode.diff', pageOf(before), pageOf(after), plain(title));
}

function pageOf({ title, text }: TextPage): vscode.Uri {
  const name = plain(title).replaceAll(/[\\/]/g, ' ');
  return vscode.Uri.from({ scheme, path: `/${name}`, query: printableLines(text) });
}
