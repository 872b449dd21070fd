import assert from 'node:assert/strict';
import { fork } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import * as vscode from 'vscode';
import { commands } from '../../src/extension/contributions';
import { isOver } from '../../src/core/records/run-state';
import {
  dashboardTab,
  recordWhen,
  tinyExperiment,
  when,
  workspaceFolder,
  writeText,
  activated,
} from './workspace';

describe('a run from the command line', () => {
  it('appears in this window, is followed to its end, and has a dashboard', async () => {
    const { onDidChangeRuns, runs } = await activated();
    const known = new Set(runs().map(({ id }) => id));
    const file = await writeText('shell.m2at.json', tinyExperiment('shell', 2));
    const cli = path.join(path.dirname(__dirname), 'dist', 'cli.js');
    const child = fork(cli, ['train', file.fsPath], {
      cwd: workspaceFolder().fsPath,
      execArgv: [],
      env: { ...process.env, ELECTRON_RUN_AS_NODE: '1' },
      stdio: 'ignore',
    });
    const exit = once(child, 'exit');
    const id = await when(
      (changed) => onDidChangeRuns(changed),
      () => runs().find((run) => !known.has(run.id))?.id,
    );
    await vscode.commands.executeCommand(commands.openDashboard, id);
    await dashboardTab('shell');
    const shown = await when(
      (changed) => onDidChangeRuns(changed),
      () => runs().find((run) => run.id === id && isOver(run)),
    );
    assert.equal(shown.status, 'done');
    assert.deepEqual(shown, await recordWhen(id, isOver));
    assert.deepEqual(await exit, [0, null]);
  });
});
