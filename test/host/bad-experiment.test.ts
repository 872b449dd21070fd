import assert from 'node:assert/strict';
import * as vscode from 'vscode';
import { commands } from '../../src/extension/contributions';
import { runFolders, tinyExperiment, when, writeText } from './workspace';

function problemsOf(uri: vscode.Uri): vscode.Diagnostic[] {
  return vscode.languages.getDiagnostics(uri).filter(({ source }) => source === 'M2AT');
}

describe('a wrong experiment file', () => {
  it('is shown at the line of its mistake, and starts nothing', async () => {
    const before = await runFolders();
    const text = tinyExperiment('wrong', 1).replace('"epochs": 1', '"epochs": -3');
    const file = await writeText('wrong.m2at.json', text);
    assert.equal(await vscode.commands.executeCommand(commands.startTraining, file), undefined);

    const [problem] = problemsOf(file);
    assert.ok(problem, 'no problem is shown');
    assert.match(problem.message, /training\.epochs/);
    assert.match(problem.message, /-3/);
    const line = text.slice(0, text.indexOf('"epochs"')).split('\n').length - 1;
    assert.equal(problem.range.start.line, line);
    assert.deepEqual(await runFolders(), before);
  });

  it('is checked while it is edited, and cleared when it is right', async () => {
    const file = await writeText('edited.m2at.json', tinyExperiment('edited', 1));
    const document = await vscode.workspace.openTextDocument(file);
    const shown = (count: number): Promise<true> =>
      when(
        (changed) => vscode.languages.onDidChangeDiagnostics(changed),
        () => problemsOf(file).length === count || undefined,
      );
    await shown(0);
    const replace = async (from: string, to: string): Promise<void> => {
      const start = document.positionAt(document.getText().indexOf(from));
      const edit = new vscode.WorkspaceEdit();
      edit.replace(file, new vscode.Range(start, start.translate(0, from.length)), to);
      assert.ok(await vscode.workspace.applyEdit(edit));
    };
    await replace('"small-cnn"', '"big-cnn"');
    await shown(1);
    await replace('"big-cnn"', '"small-cnn"');
    await shown(0);
    await document.save();
  });

  it('is refused by its name when it is no experiment file', async () => {
    const before = await runFolders();
    const file = await writeText('notes.json', '{}');
    assert.equal(await vscode.commands.executeCommand(commands.startTraining, file), undefined);
    assert.deepEqual(await runFolders(), before);
  });
});
