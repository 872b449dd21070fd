import * as vscode from 'vscode';
import { experimentName, freeFile } from './new-file';

export interface Template {
  /** Below `examples/templates/`. */
  readonly file: string;
  readonly label: string;
  readonly detail: string;
}

export const templates: readonly Template[] = [
  {
    file: 'm2at.m2at.json',
    label: 'M2AT',
    detail: 'Masking and Mixing Adversarial Training of a small network, minutes on a CPU',
  },
  {
    file: 'pgd-at.m2at.json',
    label: 'PGD-AT',
    detail: 'The usual adversarial training (Madry et al.), the baseline to compare with',
  },
  {
    file: 'trades.m2at.json',
    label: 'TRADES',
    detail: 'Right on clean images and steady beside them, at a weight of your choice (Zhang et al.)',
  },
  {
    file: 'fgsm-rs.m2at.json',
    label: 'FGSM-RS',
    detail:
      'Fast adversarial training: one step from a random start, at twice the cost of clean images (Wong et al.)',
  },
  {
    file: 'standard.m2at.json',
    label: 'Standard',
    detail: 'Training on clean images: accurate, and not robust at all',
  },
  {
    file: 'compare.m2at.json',
    label: 'Compare',
    detail: 'Standard, PGD-AT and M2AT one after the other, with the same network and data',
  },
];

/** Opens a new, unsaved experiment file of a folder with a template's text, under a name that is free. */
export async function openTemplate(
  extensionUri: vscode.Uri,
  template: Template,
  folder: vscode.Uri,
): Promise<vscode.TextDocument> {
  const source = vscode.Uri.joinPath(extensionUri, 'examples', 'templates', template.file);
  const text = new TextDecoder().decode(await vscode.workspace.fs.readFile(source));
  return openUnsaved(folder, experimentName(template.file), text);
}

/** Opens a new, unsaved experiment file of a folder, under the first of its names that is free. */
export async function openUnsaved(
  folder: vscode.Uri,
  name: string,
  text: string,
): Promise<vscode.TextDocument> {
  const unsaved = new Set(
    vscode.workspace.textDocuments.filter(({ isUntitled }) => isUntitled).map(({ uri }) => uri.fsPath),
  );
  const file = await freeFile(folder.fsPath, name, (other) => unsaved.has(other));
  const document = await vscode.workspace.openTextDocument(
    vscode.Uri.file(file).with({ scheme: 'untitled' }),
  );
  // Before anybody sees it: it can be started at once.
  const edit = new vscode.WorkspaceEdit();
  edit.insert(document.uri, new vscode.Position(0, 0), text);
  await vscode.workspace.applyEdit(edit);
  await vscode.window.showTextDocument(document, { preview: false });
  return document;
}
