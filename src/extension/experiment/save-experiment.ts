import { findNodeAtLocation } from 'jsonc-parser';
import path from 'node:path';
import * as vscode from 'vscode';
import { problemOf } from '../../core/errors';
import { showError, showWarning } from '../show/notifications';
import { experimentTree } from '../../core/experiment/experiment-tree';
import { askForFolder, experimentFolder } from './experiment-folder';
import { isExperimentFile } from './is-experiment';
import { experimentName, writeNewFile } from './new-file';

/**
 * Saves an experiment that has no file yet as `NAME.m2at.json`, without a dialog where a folder is known, and shows the
 * file in its place. Nothing is overwritten: a name that is taken gets a number.
 * @param uri of the unsaved document
 * @returns the file; undefined when a question was dismissed, or there is nothing to save any more
 */
export async function saveExperiment(uri: vscode.Uri): Promise<vscode.Uri | undefined> {
  const document = openDocument(uri);
  if (!document) return savedMeanwhile(uri);
  const named = isExperimentFile(uri);
  let folder = named ? path.dirname(uri.fsPath) : (await experimentFolder())?.fsPath;
  while (folder !== undefined) {
    // Whoever answered a question may have closed the editor or gone on writing.
    if (document.isClosed) return savedMeanwhile(uri);
    const text = document.getText();
    const name = named ? experimentName(uri.fsPath) : nameIn(text);
    try {
      const file = vscode.Uri.file(await writeNewFile(folder, name, text));
      await showInstead(document, file);
      return file;
    } catch (error) {
      folder = await otherFolder(`${name}.m2at.json can't be saved in ${folder}: ${problemOf(error)}`);
    }
  }
  return undefined;
}

function openDocument(uri: vscode.Uri): vscode.TextDocument | undefined {
  return vscode.workspace.textDocuments.find(
    (document) => document.uri.toString() === uri.toString() && !document.isClosed,
  );
}

/** The document is gone because it was saved by hand, or closed. */
function savedMeanwhile(uri: vscode.Uri): vscode.Uri | undefined {
  const file = uri.with({ scheme: 'file' });
  if (isExperimentFile(uri) && openDocument(file)) return file;
  const name = path.basename(uri.fsPath);
  void showWarning(
    `${name} was closed before it was saved, so nothing was started. M2AT: Start Training Run… has the templates.`,
  );
  return undefined;
}

/** The experiment's own name, where it can be a file's. */
function nameIn(text: string): string {
  const tree = experimentTree(text);
  const name: unknown = tree && findNodeAtLocation(tree, ['name'])?.value;
  return typeof name === 'string' && /^[\w-]{1,60}$/.test(name) ? name : 'experiment';
}

async function otherFolder(problem: string): Promise<string | undefined> {
  const choose = 'Choose Another Folder…';
  const answer = await showError(`${problem}. Nothing was started.`, choose);
  return answer === choose ? (await askForFolder())?.fsPath : undefined;
}

/** The file takes the place of the unsaved document, which is closed without a question: its text is on disk. */
async function showInstead(document: vscode.TextDocument, file: vscode.Uri): Promise<void> {
  const { viewColumn, selection } = await vscode.window.showTextDocument(document);
  if (vscode.window.activeTextEditor?.document === document) {
    await vscode.commands.executeCommand('workbench.action.revertAndCloseActiveEditor');
  }
  await vscode.window.showTextDocument(await vscode.workspace.openTextDocument(file), {
    ...(viewColumn !== undefined && { viewColumn }),
    selection,
    preview: false,
  });
}
