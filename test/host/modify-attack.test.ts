import assert from 'node:assert/strict';
import path from 'node:path';
import * as vscode from 'vscode';
import { attackReport, type AttackReport } from '../../src/core/records/run-files';
import { isOver } from '../../src/core/records/run-state';
import { commands } from '../../src/extension/contributions';
import { readSealed } from '../support/run-json';
import { writeArrays, writeOnnxModel } from '../support/tiny-models';
import { answering, askUser, picking, type Asked } from './answers';
import { activated, recordWhen, runFolders, runPath, workspaceFolder } from './workspace';

async function reportOf(id: string): Promise<AttackReport> {
  const { status, message } = await recordWhen(id, isOver);
  assert.deepEqual([status, message], ['done', undefined]);
  return attackReport.parse(await readSealed(runPath(id, 'report.json')));
}

describe('an attack that is modified', () => {
  let first = '';
  before(async () => {
    await activated();
    const folder = path.join(workspaceFolder().fsPath, 'modified-attack');
    const file = vscode.Uri.file(await writeOnnxModel(path.join(folder, 'colours.onnx')));
    const arrays = await writeArrays(folder, 12);
    const attacks = [{ name: 'pgd', epsilon: 0.2, steps: 2 }];
    const options = { attacks, arrays, count: 'all', input: { range: [0, 1] } };
    const id = await vscode.commands.executeCommand(commands.attackCheckpoint, file, [file], options);
    assert.ok(typeof id === 'string', 'no attack was started');
    first = id;
    assert.equal((await reportOf(first)).robustAccuracy, 0);
  });
  beforeEach(() => {
    answering('showInformationMessage', () => undefined);
  });
  afterEach(askUser);

  const modify = (options?: object): Thenable<string | undefined> =>
    vscode.commands.executeCommand<string | undefined>(commands.modifyRun, first, options);

  it('is started with what was changed, each value checked as it is typed', async () => {
    const lists = picking('attacks.0.epsilon', 'count', 'eightBit', 'true', 'Start');
    const answers = [
      { value: '0.2', wrong: ['0', '"much"'], right: '2/255' },
      { value: '12', wrong: ['0', '13'], right: '5' },
    ];
    const problems: (string | undefined)[] = [];
    answering('showInputBox', (options) => {
      const { value, validateInput } = options as Asked;
      const answer = answers.shift();
      assert.ok(answer);
      assert.equal(value, answer.value);
      problems.push(...answer.wrong.map(validateInput), validateInput(answer.right));
      return answer.right;
    });
    const id = await modify();
    assert.ok(id !== undefined && id !== first, 'no attack was started');
    assert.match(problems[0] ?? '', /epsilon is 0: no perturbation is allowed/);
    assert.match(problems[1] ?? '', /^attacks\.0\.epsilon must be .*got "much"/);
    assert.match(problems[3] ?? '', /^count must be at least 1; got 0/);
    assert.match(problems[4] ?? '', /^count must be at most 12; got 13/);
    assert.deepEqual([problems[2], problems[5]], [undefined, undefined]);

    const [before = [], after = []] = lists;
    assert.deepEqual(
      [before[0]?.label, after[0]?.label, after[0]?.detail],
      ['Start the same again', 'Start', 'attacks.0.epsilon: 0.2 → 2/255'],
    );
    assert.equal(before.find(({ label }) => label === 'attacks.0.steps')?.description, '2');
    assert.ok(!before.some(({ label }) => label === 'Edit as a file…'));

    const report = await reportOf(id);
    assert.deepEqual([report.count, report.eightBit, report.robustAccuracy], [5, true, 1]);
    assert.equal(report.attacks[0]?.parameters.epsilon, 2 / 255);
    const set = ['--set', 'attacks.0.epsilon=2/255', '--set', 'count=5', '--set', 'eightBit=true'];
    assert.deepEqual((await recordWhen(id, isOver)).command, ['attack', '--like', first, ...set]);
    await vscode.commands.executeCommand(commands.copyCommand, id);
    assert.equal(await vscode.env.clipboard.readText(), `m2at attack --like ${first} ${set.join(' ')}`);
  });

  it('is offered by the palette as trainings are, and begins nothing when it is dismissed', async () => {
    const runs = await runFolders();
    const lists = picking('colours', undefined);
    assert.equal(await vscode.commands.executeCommand(commands.modifyRun), undefined);
    assert.equal(lists[1]?.[0]?.label, 'Start the same again');
    assert.deepEqual(await runFolders(), runs);
  });

  it('is refused, with its place, for a wrong setting of a key binding', async () => {
    const runs = await runFolders();
    const said: unknown[] = [];
    answering('showErrorMessage', (text) => {
      said.push(text);
    });
    assert.equal(await modify({ set: { 'attacks.0.epsilom': 1 } }), undefined);
    assert.match(String(said[0]), /attacks\.0\.epsilom is not a known key/);
    assert.deepEqual(await runFolders(), runs);
  });
});
