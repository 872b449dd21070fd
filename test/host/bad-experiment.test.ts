import assert from 'node:assert/strict';
import * as vscode from 'vscode';
import { commands, experimentLanguage } from '../../src/extension/contributions';
import { activated, runFolders, tinyExperiment, when, writeText } from './workspace';

function problemsOf(uri: vscode.Uri): vscode.Diagnostic[] {
  return vscode.languages.getDiagnostics(uri).filter(({ source }) => source === 'M2AT');
}

describe('a wrong experiment file', () => {
  before(() => activated());

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

  it('has one problem for each mistake, whoever reports it', async () => {
    const wrong = [
      ['"small-cnn"', '"big-cnn"'],
      ['"steps": 1', '"stepz": 1'],
      ['"epochs": 1', '"epochs": "many"'],
      ['"samples"', '"smaples"'],
    ].reduce((text, [from = '', to = '']) => text.replace(from, to), tinyExperiment('four', 1));
    const file = await writeText('four.m2at.json', wrong);
    const comma = tinyExperiment('comma', 1).replace('"name": "comma",', '"name": "comma"');
    const syntax = await writeText('comma.m2at.json', comma);
    for (const uri of [file, syntax]) {
      const document = await vscode.workspace.openTextDocument(uri);
      assert.equal(document.languageId, experimentLanguage);
      await vscode.window.showTextDocument(document, { preview: false });
    }
    // By the time that VS Code's own JSON checker has found a mistake here, it had looked at the others.
    const control = await writeText('control.json', '{ "a": 1 "b": 2 }');
    await vscode.window.showTextDocument(await vscode.workspace.openTextDocument(control));
    const found = (uri: vscode.Uri): Promise<vscode.Diagnostic[]> =>
      when(
        (changed) => vscode.languages.onDidChangeDiagnostics(changed),
        () => {
          const all = vscode.languages.getDiagnostics(uri);
          return all.length > 0 ? all : undefined;
        },
      );
    await found(control);
    assert.deepEqual((await found(file)).map(({ message }) => message).sort(), [
      'method.stepz is not a known key here; did you mean "steps"?',
      'model.name must be one of "small-cnn", "preact-resnet", "resnet", "wide-resnet", "checkpoint"; got "big-cnn"',
      'smaples is not a known key here; did you mean "samples"?',
      'training.epochs must be a number; got "many"',
    ]);
    assert.deepEqual(
      (await found(syntax)).map(({ message, source }) => [source, message]),
      [
        [
          'M2AT',
          'The file is not valid JSON: a comma is missing at line 2, column 18, between this entry and the next.',
        ],
      ],
    );
  });

  it('offers what was meant by a misspelt key or value as a quick fix', async () => {
    const right = tinyExperiment('fixed', 1);
    const text = right.replace('"batchSize"', '"batchsize"').replace('"cyclic"', '"cyclik"');
    const file = await writeText('fixed.m2at.json', text);
    const document = await vscode.workspace.openTextDocument(file);
    for (const [word, title] of [
      ['"batchsize"', 'Change to "batchSize"'],
      ['"cyclik"', 'Change to "cyclic"'],
    ] as const) {
      const at = document.positionAt(document.getText().indexOf(word) + 2);
      const actions: vscode.CodeAction[] = await vscode.commands.executeCommand(
        'vscode.executeCodeActionProvider',
        file,
        new vscode.Range(at, at),
        vscode.CodeActionKind.QuickFix.value,
      );
      const [fix, ...others] = actions.filter(({ title }) => title.startsWith('Change to'));
      assert.deepEqual([fix?.title, others], [title, []]);
      assert.ok(fix?.edit && (await vscode.workspace.applyEdit(fix.edit)));
    }
    assert.equal(document.getText(), right);
    await document.save();
  });

  it('is completed and explained while it is written', async () => {
    const text = '{ "method": { "name": "m2at",  } }';
    const file = await writeText('written.m2at.json', text);
    const document = await vscode.workspace.openTextDocument(file);
    const { items }: vscode.CompletionList = await vscode.commands.executeCommand(
      'vscode.executeCompletionItemProvider',
      file,
      document.positionAt(text.indexOf(',') + 2),
    );
    const labels = items.map(({ label }) => (typeof label === 'string' ? label : label.label));
    assert.ok(labels.includes('"epsilon"') && labels.includes('"mask"'), labels.join());
    assert.ok(!labels.includes('"name"') && !labels.includes('"probability"'), labels.join());
    const hovers: vscode.Hover[] = await vscode.commands.executeCommand(
      'vscode.executeHoverProvider',
      file,
      document.positionAt(text.indexOf('m2at')),
    );
    const shown = hovers
      .flatMap(({ contents }) => contents)
      .map((part) => (part instanceof vscode.MarkdownString ? part.value : ''));
    // Markdown, in which what is meant as it stands is escaped.
    assert.match(shown.join().replaceAll('\\', ''), /One of "standard", .*"m2at"/);
  });

  it('is completed at the end of an empty line, where nothing is replaced', async () => {
    const file = await writeText('empty-line.m2at.json', '{\n  "training": {\n    \n  }\n}\n');
    const end = new vscode.Position(2, 4);
    const { items }: vscode.CompletionList = await vscode.commands.executeCommand(
      'vscode.executeCompletionItemProvider',
      file,
      end,
    );
    const key = items.find(({ label }) => label === '"epochs"');
    assert.ok(key, 'no key');
    const range = key.range instanceof vscode.Range ? key.range : key.range?.inserting;
    // The editor shows no item whose range is on another line, too.
    assert.ok(range?.isEqual(new vscode.Range(end, end)), JSON.stringify(key.range));
    assert.equal(key.documentation, 'Passes over the training images.');
  });

  it('is refused by its name when it is no experiment file', async () => {
    const before = await runFolders();
    const file = await writeText('notes.json', '{}');
    assert.equal(await vscode.commands.executeCommand(commands.startTraining, file), undefined);
    assert.deepEqual(await runFolders(), before);
  });
});
