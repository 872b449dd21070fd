import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import * as vscode from 'vscode';
import { unsealJson } from '../../src/core/files/sealed-json';
import { transferTable } from '../../src/core/records/transfer-files';
import { isOver } from '../../src/core/records/run-state';
import { commands } from '../../src/extension/contributions';
import { writeArrays, writeLayersModel } from '../support/tiny-models';
import { dashboardTab, recordWhen, runPath, workspaceFolder } from './workspace';

const COUNT = 12;

describe('examples of an attack on other networks', () => {
  const folder = (...parts: string[]): string => path.join(workspaceFolder().fsPath, 'transfer', ...parts);
  const input = { range: [0, 1] };
  let id: string;
  let other: string;

  before(async () => {
    const arrays = await writeArrays(folder('data'), COUNT);
    const source = await writeLayersModel(folder('mean'));
    other = await writeLayersModel(folder('brightest'), 'GlobalMaxPooling2D');
    const file = vscode.Uri.file(source);
    const attacks = [{ name: 'fgsm', epsilon: 0.2 }];
    const options = { attacks, arrays, count: 'all', input };
    const run: unknown = await vscode.commands.executeCommand(
      commands.attackCheckpoint,
      file,
      [file],
      options,
    );
    assert.ok(typeof run === 'string', 'no attack was started');
    id = run;
    assert.equal((await recordWhen(id, isOver)).status, 'done');
  });

  it('are measured in a worker, and the table is kept with the run and shown in its dashboard', async () => {
    const answer: unknown = await vscode.commands.executeCommand(
      commands.evaluateExamples,
      { runId: id },
      undefined,
      { checkpoints: [other, folder('mean', 'model.json')], input },
    );
    const { rows, warnings } = transferTable.parse(answer);
    assert.deepEqual(warnings, []);
    assert.deepEqual(
      rows.map(({ target, isSource, count, clean }) => [target, isSource, count, clean?.count]),
      [
        [other, false, COUNT, COUNT],
        [folder('mean', 'model.json'), true, COUNT, COUNT],
      ],
    );
    assert.equal(rows[1]?.accuracy.count, 0, 'the colours differ by 0.1 only');
    const stored: unknown = JSON.parse(unsealJson(await readFile(runPath(id, 'transfer.json'), 'utf8')).json);
    assert.deepEqual(transferTable.parse(stored).rows, rows);
    assert.match(await readFile(runPath(id, 'report.html'), 'utf8'), /"transfer":\{"version":1/);
    await dashboardTab('Attack: mean');
  });

  it('of what is no checkpoint are not measured, and nothing is kept', async () => {
    const before = await readFile(runPath(id, 'transfer.json'), 'utf8');
    const answer: unknown = await vscode.commands.executeCommand(commands.evaluateExamples, id, undefined, {
      checkpoints: [folder('data', 'images.npy')],
      input,
    });
    assert.equal(answer, undefined);
    assert.equal(await readFile(runPath(id, 'transfer.json'), 'utf8'), before);
  });
});
