import * as vscode from 'vscode';

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

/** Opens a new, unsaved experiment file with a template's text. */
export async function openTemplate(
  extensionUri: vscode.Uri,
  template: Template,
): Promise<vscode.TextDocument> {
  const source = vscode.Uri.joinPath(extensionUri, 'examples', 'templates', template.file);
  const text = new TextDecoder().decode(await vscode.workspace.fs.readFile(source));
  const folder = vscode.workspace.workspaceFolders?.[0]?.uri;
  if (!folder) {
    const document = await vscode.workspace.openTextDocument({ language: 'jsonc', content: text });
    await vscode.window.showTextDocument(document);
    return document;
  }
  const uri = (await freeName(folder, template.file)).with({ scheme: 'untitled' });
  const document = await vscode.workspace.openTextDocument(uri);
  const editor = await vscode.window.showTextDocument(document);
  if (document.getText() === '') {
    await editor.edit((edit) => {
      edit.insert(new vscode.Position(0, 0), text);
    });
  }
  return document;
}

async function freeName(folder: vscode.Uri, file: string): Promise<vscode.Uri> {
  const stem = file.slice(0, -'.m2at.json'.length);
  for (let number = 1; ; number++) {
    const uri = vscode.Uri.joinPath(folder, `${stem}${number === 1 ? '' : `-${number}`}.m2at.json`);
    const taken = await vscode.workspace.fs.stat(uri).then(
      () => true,
      () => false,
    );
    if (!taken) return uri;
  }
}
