import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import * as vscode from 'vscode';
import { parseExperiment } from '../../src/core/experiment/parse-experiment';
import { isOver } from '../../src/core/records/run-state';
import { commands, experimentLanguage } from '../../src/extension/contributions';
import { answering, askUser, picking, type Asked } from './answers';
import { activated, recordWhen, runFolders, runPath, tinyExperiment, writeText } from './workspace';

describe('a run that is modified', () => {
  let first = '';
  before(async function () {
    this.timeout(120_000);
    await activated();
    const file = await writeText('modified.m2at.json', tinyExperiment('modified', 1));
    first = (await vscode.commands.executeCommand<string | undefined>(commands.startTraining, file)) ?? '';
    assert.equal((await recordWhen(first, isOver)).status, 'done');
  });
  beforeEach(() => {
    answering('showInformationMessage', () => undefined);
  });
  afterEach(askUser);

  it('is started with what was changed, each value checked as it is typed', async () => {
    const lists = picking('seed', 'method.name', 'trades', 'Start');
    const problems: (string | undefined)[] = [];
    answering('showInputBox', (options) => {
      const { value, validateInput } = options as Asked;
      assert.equal(value, '0');
      problems.push(validateInput('-1'), validateInput('"many"'), validateInput('7'));
      return '7';
    });
    const id = await vscode.commands.executeCommand<string | undefined>(commands.modifyRun, first);
    assert.ok(id !== undefined && id !== first, 'no run was started');
    assert.match(problems[0] ?? '', /^seed must be at least 0; got -1/);
    assert.match(problems[1] ?? '', /^seed must be a (whole )?number; got "many"/);
    assert.equal(problems[2], undefined);

    const [before = [], after = [], , last = []] = lists;
    assert.deepEqual(
      [before[0]?.label, after[0]?.label, after[0]?.detail],
      ['Start the same again', 'Start', 'seed: 0 → 7'],
    );
    assert.equal(before.find(({ label }) => label === 'method.stepSize')?.description, '10/255');
    assert.match(last.find(({ label }) => label === 'seed')?.description ?? '', /^7, changed \(was 0\)/);
    assert.equal(last[0]?.description, 'modified, seed=7, name=trades');

    const record = await recordWhen(id, isOver);
    assert.deepEqual([record.status, record.name], ['done', 'modified, seed=7, name=trades']);
    assert.deepEqual(record.command, [
      ...['train', '--like', first, '--set', 'seed=7', '--set', 'method.name=trades'],
    ]);
    const { runs } = parseExperiment(await readFile(runPath(id, 'experiment.json'), 'utf8'));
    assert.deepEqual([runs?.[0]?.experiment.seed, runs?.[0]?.experiment.method.name], [7, 'trades']);
  });

  it('begins nothing, and changes nothing, when it is dismissed at any point', async () => {
    const runs = await runFolders();
    const documents = vscode.workspace.textDocuments.length;
    answering('showInputBox', () => undefined);
    picking(undefined);
    assert.equal(await vscode.commands.executeCommand(commands.modifyRun, first), undefined);
    const lists = picking('seed', undefined);
    assert.equal(await vscode.commands.executeCommand(commands.modifyRun, first), undefined);
    assert.equal(lists[1]?.[0]?.label, 'Start the same again');
    assert.deepEqual([await runFolders(), vscode.workspace.textDocuments.length], [runs, documents]);
  });

  it('can be edited as a file, which means the same', async () => {
    picking('Edit as a file…');
    assert.equal(await vscode.commands.executeCommand(commands.modifyRun, first), undefined);
    const document = vscode.window.activeTextEditor?.document;
    assert.deepEqual([document?.isUntitled, document?.languageId], [true, experimentLanguage]);
    const { runs, problems } = parseExperiment(document?.getText() ?? '');
    assert.equal(problems, undefined);
    const then = parseExperiment(await readFile(runPath(first, 'experiment.json'), 'utf8'));
    assert.deepEqual(runs, then.runs);
    await vscode.commands.executeCommand('workbench.action.revertAndCloseActiveEditor');
  });

  it('keeps its settings as an experiment of the workspace', async () => {
    answering('showInputBox', (options) => {
      const { value, validateInput } = options as Asked;
      assert.equal(value, 'modified');
      assert.match(validateInput('a/b') ?? '', /letters/);
      return 'my-preset';
    });
    const file = await vscode.commands.executeCommand<vscode.Uri>(commands.saveSettings, first);
    const [run] = parseExperiment(await readFile(file.fsPath, 'utf8')).runs ?? [];
    assert.equal(run?.experiment.name, 'my-preset');
    const lists = picking(undefined);
    await vscode.commands.executeCommand(commands.startTraining);
    assert.ok(
      lists[0]?.some(({ label }) => label === 'my-preset.m2at.json'),
      'it is offered',
    );
    await vscode.workspace.fs.delete(file);
  });

  it('says its command', async () => {
    await vscode.commands.executeCommand(commands.copyCommand, first);
    assert.equal(await vscode.env.clipboard.readText(), 'm2at train modified.m2at.json');
  });
});
