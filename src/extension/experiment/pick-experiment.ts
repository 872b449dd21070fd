import * as vscode from 'vscode';
import { experimentGlob } from '../contributions';
import { isExperiment } from './experiment-diagnostics';
import { openTemplate, templates, type Template } from './templates';

interface ExperimentItem extends vscode.QuickPickItem {
  readonly uri?: vscode.Uri;
  readonly template?: Template;
}

/** Lets the user choose an experiment file: the open one, one of the workspace, or a new one from a template. */
export async function pickExperiment(extensionUri: vscode.Uri): Promise<vscode.Uri | undefined> {
  const open = openExperiment();
  const found = await vscode.workspace.findFiles(experimentGlob, '**/node_modules/**', 200);
  const others = found
    .filter((uri) => uri.toString() !== open?.toString())
    .sort((a, b) => a.path.localeCompare(b.path));
  const items: ExperimentItem[] = [
    ...(open ? [separator('Open'), fileItem(open)] : []),
    ...(others.length > 0 ? [separator('In this workspace'), ...others.map(fileItem)] : []),
    separator('New from a template'),
    ...templates.map((template) => ({
      label: `$(new-file) ${template.label}`,
      detail: template.detail,
      template,
    })),
  ];
  const picked = await vscode.window.showQuickPick(items, {
    placeHolder: 'Experiment file to train with',
    matchOnDescription: true,
  });
  return picked?.template ? newFromTemplate(extensionUri, picked.template) : picked?.uri;
}

function openExperiment(): vscode.Uri | undefined {
  const document = vscode.window.activeTextEditor?.document;
  return document && isExperiment(document) ? document.uri : undefined;
}

function separator(label: string): ExperimentItem {
  return { label, kind: vscode.QuickPickItemKind.Separator };
}

function fileItem(uri: vscode.Uri): ExperimentItem {
  const relative = vscode.workspace.asRelativePath(uri);
  const name = relative.slice(relative.lastIndexOf('/') + 1);
  const folder = relative.slice(0, -name.length - 1);
  return { label: `$(beaker) ${name}`, description: folder, uri };
}

/** The user sees the file before it is saved and run. */
async function newFromTemplate(
  extensionUri: vscode.Uri,
  template: Template,
): Promise<vscode.Uri | undefined> {
  const document = await openTemplate(extensionUri, template);
  const start = 'Save and Start';
  const answer = await vscode.window.showInformationMessage(
    'Look the experiment over, then save it and start. The ▶ in its title bar starts it again.',
    start,
  );
  if (answer !== start) return undefined;
  if (!document.isUntitled) return document.uri;
  return vscode.workspace.save(document.uri);
}
