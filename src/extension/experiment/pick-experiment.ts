import * as vscode from 'vscode';
import { experimentGlob } from '../contributions';
import { showInformation } from '../show/notifications';
import { pick, separator } from '../show/questions';
import { isExperiment } from './is-experiment';
import { experimentFolder } from './experiment-folder';
import { openTemplate, templates, type Template } from './templates';

interface ExperimentItem extends vscode.QuickPickItem {
  readonly uri?: vscode.Uri;
  readonly template?: Template;
}

/**
 * Lets the user choose an experiment: the open one, one that is not saved yet, a file of the workspace, or a new one
 * from a template.
 * @returns a file, or an unsaved document
 */
export async function pickExperiment(extensionUri: vscode.Uri): Promise<vscode.Uri | undefined> {
  const open = openExperiments();
  const found = await vscode.workspace.findFiles(experimentGlob, '**/node_modules/**', 200);
  const others = found
    .filter((uri) => !open.some((other) => other.toString() === uri.toString()))
    .sort((a, b) => a.path.localeCompare(b.path));
  const items: ExperimentItem[] = [
    ...(open.length > 0 ? [separator('Open'), ...open.map(fileItem)] : []),
    ...(others.length > 0 ? [separator('In this workspace'), ...others.map(fileItem)] : []),
    separator('New from a template'),
    ...templates.map((template) => ({
      label: template.label,
      iconPath: new vscode.ThemeIcon('new-file'),
      detail: template.detail,
      template,
    })),
  ];
  const picked = await pick(items, {
    placeHolder: 'Experiment file to train with',
    matchOnDescription: true,
  });
  return picked?.template ? newFromTemplate(extensionUri, picked.template) : picked?.uri;
}

/** The active one first, then those that are not saved yet: no search of files finds them. */
function openExperiments(): vscode.Uri[] {
  const active = vscode.window.activeTextEditor?.document;
  return vscode.workspace.textDocuments
    .filter((document) => isExperiment(document) && (document === active || document.isUntitled))
    .sort((a, b) => Number(b === active) - Number(a === active))
    .map(({ uri }) => uri);
}

function fileItem(uri: vscode.Uri): ExperimentItem {
  const relative = vscode.workspace.asRelativePath(uri.fsPath);
  const name = relative.slice(relative.lastIndexOf('/') + 1);
  const folder = relative.slice(0, -name.length - 1);
  const description = uri.scheme === 'untitled' ? `${folder} not saved yet`.trimStart() : folder;
  return { label: name, iconPath: new vscode.ThemeIcon('beaker'), description, uri };
}

/** The user sees the experiment before it is saved and run. */
async function newFromTemplate(
  extensionUri: vscode.Uri,
  template: Template,
): Promise<vscode.Uri | undefined> {
  const folder = await experimentFolder();
  if (!folder) return undefined;
  const document = await openTemplate(extensionUri, template, folder);
  const start = 'Save and Start';
  const answer = await showInformation(
    'Look the experiment over, then start it here, with the ▶ in its title bar, or with M2AT: Start Training Run… ' +
      'It is saved to the folder then.',
    start,
  );
  return answer === start ? document.uri : undefined;
}
