import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import * as vscode from 'vscode';
import { sealJson } from '../../src/core/files/sealed-json';
import type { RunRecord } from '../../src/core/records/run-files';
import { commands } from '../../src/extension/contributions';
import { answering, askUser } from './answers';
import { activated, runPath, when } from './workspace';

describe('deleting runs', () => {
  const ids = ['one', 'two', 'kept'].map((name) => `2020-01-01-000000-delete-${name}-0001`);
  const [one = '', two = '', kept = ''] = ids;

  beforeEach(async () => {
    const { onDidChangeRuns, runs } = await activated();
    for (const id of ids) {
      const record: RunRecord = {
        ...{ version: 1, id, kind: 'train', name: id, status: 'done', versions: {} },
        startedAt: '2020-01-01T00:00:00.000Z',
      };
      await mkdir(runPath(id), { recursive: true });
      await writeFile(runPath(id, 'run.json'), sealJson(JSON.stringify(record)));
    }
    await when(onDidChangeRuns, () => ids.every((id) => runs().some((run) => run.id === id)) || undefined);
  });
  afterEach(async () => {
    askUser();
    for (const id of ids) await rm(runPath(id), { recursive: true, force: true });
  });

  it('that are selected asks once, and deletes them and no other', async () => {
    const asked: unknown[] = [];
    answering('showWarningMessage', (question) => {
      asked.push(question);
      return 'Delete';
    });
    const items = [one, two].map((runId) => ({ runId }));
    await vscode.commands.executeCommand(commands.deleteRun, items[0], items);
    assert.deepEqual(asked, ['Delete 2 runs?']);
    assert.deepEqual(
      ids.map((id) => existsSync(runPath(id))),
      [false, false, true],
    );
  });

  it('deletes nothing where somebody thinks better of it', async () => {
    answering('showWarningMessage', () => undefined);
    await vscode.commands.executeCommand(commands.deleteRun, { runId: kept });
    assert.deepEqual(
      ids.map((id) => existsSync(runPath(id))),
      [true, true, true],
    );
  });
});
