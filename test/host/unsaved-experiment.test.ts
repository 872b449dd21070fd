import assert from 'node:assert/strict';
import { readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import * as vscode from 'vscode';
import { isOver } from '../../src/core/records/run-state';
import { commands, experimentLanguage } from '../../src/extension/contributions';
import { answering, askUser } from './answers';
import { activated, recordWhen, tinyExperiment, workspaceFolder, writeText } from './workspace';

/** Sound, but for one value: it is saved, and then not started. */
const wrong = (name: string): string => tinyExperiment(name, 1).replace('"epochs": 1', '"epochs": -3');

function unsavedPath(...parts: string[]): vscode.Uri {
  return vscode.Uri.joinPath(workspaceFolder(), ...parts).with({ scheme: 'untitled' });
}

async function openUnsaved(uri: vscode.Uri, text: string): Promise<vscode.TextDocument> {
  const document = await vscode.workspace.openTextDocument(uri);
  await replaceText(document, text);
  return document;
}

async function replaceText(document: vscode.TextDocument, text: string): Promise<void> {
  const editor = await vscode.window.showTextDocument(document, { preview: false });
  const whole = new vscode.Range(0, 0, document.lineCount, 0);
  assert.ok(
    await editor.edit((edit) => {
      edit.replace(whole, text);
    }),
  );
}

async function start(uri?: vscode.Uri): Promise<unknown> {
  return vscode.commands.executeCommand(commands.startTraining, uri);
}

/** Of experiments: other tests leave other documents. */
function unsavedDocuments(): string[] {
  return vscode.workspace.textDocuments
    .filter(({ isUntitled, languageId }) => isUntitled && languageId === experimentLanguage)
    .map(({ fileName }) => fileName);
}

describe('an experiment that is not saved yet', () => {
  before(() => activated());
  afterEach(() => {
    askUser();
  });

  it('comes from a template, is saved to the folder under a free name, and starts', async () => {
    const taken = await writeText('standard.m2at.json', wrong('taken'));
    const before = await readFile(taken.fsPath, 'utf8');
    answering('showQuickPick', (items) =>
      (items as vscode.QuickPickItem[]).find(({ label }) => label === 'Standard'),
    );
    answering('showInformationMessage', () => undefined);
    assert.equal(await start(), undefined, 'the template is shown before it starts');
    const document = vscode.window.activeTextEditor?.document;
    assert.ok(document?.isUntitled);
    assert.equal(path.basename(document.fileName), 'standard-2.m2at.json');
    assert.equal(document.languageId, experimentLanguage);
    assert.match(document.getText(), /"name": "standard"/);
    await replaceText(document, tinyExperiment('from template', 1));

    const file = path.join(workspaceFolder().fsPath, 'standard-2.m2at.json');
    const id = await start(document.uri);
    assert.ok(typeof id === 'string', 'no run was started');
    assert.equal(await readFile(file, 'utf8'), tinyExperiment('from template', 1));
    assert.equal(await readFile(taken.fsPath, 'utf8'), before);
    assert.deepEqual(unsavedDocuments(), []);
    const record = await recordWhen(id, isOver);
    assert.deepEqual([record.status, record.source], ['done', file]);
  });

  it('is offered by the palette', async () => {
    await openUnsaved(unsavedPath('palette-pick.m2at.json'), wrong('palette'));
    let offered: string[] = [];
    answering('showQuickPick', (items) => {
      const picks = items as vscode.QuickPickItem[];
      offered = picks.map(({ label, description }) => `${label} ${description ?? ''}`.trim());
      return picks.find(({ label }) => label === 'palette-pick.m2at.json');
    });
    answering('showErrorMessage', () => undefined);
    await start();
    assert.ok(offered.includes('palette-pick.m2at.json not saved yet'), offered.join('\n'));
    await stat(path.join(workspaceFolder().fsPath, 'palette-pick.m2at.json'));
    assert.equal(vscode.window.activeTextEditor?.document.uri.scheme, 'file');
    assert.deepEqual(unsavedDocuments(), []);
  });

  it('never overwrites a file that came meanwhile', async () => {
    const document = await openUnsaved(unsavedPath('meanwhile.m2at.json'), wrong('mine'));
    const theirs = await writeText('meanwhile.m2at.json', 'theirs');
    answering('showErrorMessage', () => undefined);
    await start(document.uri);
    assert.equal(await readFile(theirs.fsPath, 'utf8'), 'theirs');
    const mine = path.join(workspaceFolder().fsPath, 'meanwhile-2.m2at.json');
    assert.equal(await readFile(mine, 'utf8'), wrong('mine'));
  });

  it('without a name of its own gets that of the experiment', async () => {
    const content = wrong('named-inside');
    const document = await vscode.workspace.openTextDocument({ language: experimentLanguage, content });
    answering('showErrorMessage', () => undefined);
    await start(document.uri);
    const file = path.join(workspaceFolder().fsPath, 'named-inside.m2at.json');
    assert.equal(await readFile(file, 'utf8'), content);
    assert.deepEqual(unsavedDocuments(), []);
  });

  it('asks for another folder where it can not be saved', async () => {
    const document = await openUnsaved(
      unsavedPath('no-such-folder', 'homeless.m2at.json'),
      wrong('homeless'),
    );
    const told: string[] = [];
    answering('showErrorMessage', (text, action) => {
      told.push(String(text));
      return action === 'Choose Another Folder…' ? action : undefined;
    });
    answering('showOpenDialog', () => [workspaceFolder()]);
    await start(document.uri);
    assert.match(
      told[0] ?? '',
      /homeless\.m2at\.json can't be saved in .*no-such-folder: the folder does not exist\. Nothing was started/,
    );
    assert.match(told[1] ?? '', /training\.epochs must be at least 1; got -3/);
    await stat(path.join(workspaceFolder().fsPath, 'homeless.m2at.json'));
  });

  it('is kept when the dialog for another folder is dismissed', async () => {
    const document = await openUnsaved(unsavedPath('no-such-folder', 'kept.m2at.json'), wrong('kept'));
    answering('showErrorMessage', (_text, action) => action);
    answering('showOpenDialog', () => undefined);
    assert.equal(await start(document.uri), undefined);
    assert.ok(!document.isClosed);
    assert.equal(document.getText(), wrong('kept'));
    await vscode.window.showTextDocument(document);
    await vscode.commands.executeCommand('workbench.action.revertAndCloseActiveEditor');
  });

  it('that was closed meanwhile starts nothing and says so', async () => {
    const told: string[] = [];
    answering('showWarningMessage', (text) => void told.push(String(text)));
    assert.equal(await start(unsavedPath('gone.m2at.json')), undefined);
    assert.match(told.join(), /gone\.m2at\.json was closed before it was saved, so nothing was started/);
    assert.deepEqual(unsavedDocuments(), []);
  });
});
