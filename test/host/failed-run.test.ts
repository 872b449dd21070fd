import assert from 'node:assert/strict';
import { mkdir, rm } from 'node:fs/promises';
import path from 'node:path';
import * as vscode from 'vscode';
import { isOver } from '../../src/core/records/run-state';
import { commands } from '../../src/extension/contributions';
import {
  activated,
  dashboardTab,
  recordWhen,
  runFolders,
  runPath,
  tinyExperiment,
  when,
  workspaceFolder,
  writeText,
} from './workspace';

describe('a dashboard', () => {
  it('opens for no run whose data, or the network that it begins with, is not there', async () => {
    const { onDidChangeJobs, jobs } = await activated();
    const before = await runFolders();
    for (const part of [
      { dataset: { name: 'folder', folder: 'no-pictures' } },
      { model: { name: 'checkpoint', file: 'none/model.json' } },
    ]) {
      const text: unknown = JSON.parse(tinyExperiment('gone', 1));
      assert.ok(typeof text === 'object');
      const file = await writeText('not-there.m2at.json', JSON.stringify({ ...text, ...part }));
      assert.equal(await vscode.commands.executeCommand(commands.startTraining, file), undefined);
      await when(onDidChangeJobs, () => !jobs().includes('gone') || undefined);
    }
    assert.deepEqual(await runFolders(), before);
    const tabs = vscode.window.tabGroups.all.flatMap((group) => group.tabs.map(({ label }) => label));
    assert.ok(!tabs.includes('gone'), tabs.join());
  });

  it('keeps the failure of a run whose data folder is empty, which leaves nothing behind', async () => {
    const { onDidChangeRuns, onDidChangeJobs, runs, record, jobs } = await activated();
    const before = await runFolders();
    const folder = path.join(workspaceFolder().fsPath, 'empty-data');
    await mkdir(folder);
    const text = tinyExperiment('nodata', 1).replace(
      '"name": "cifar10"',
      `"name": "cifar10", "folder": ${JSON.stringify(folder)}`,
    );
    const file = await writeText('nodata.m2at.json', text);
    const id: unknown = await vscode.commands.executeCommand(commands.startTraining, file);
    assert.ok(typeof id === 'string', 'no run was started');
    const tab = await dashboardTab('nodata');

    // The job is over: its run is in no list, and on no disk, but its dashboard can still say what happened.
    await when(onDidChangeJobs, () => !jobs().includes('nodata') || undefined);
    await when(onDidChangeRuns, () => runs().every((run) => run.id !== id) || undefined);
    assert.deepEqual(await runFolders(), before);
    const kept = record(id);
    assert.equal(kept?.status, 'failed');
    assert.match(kept.message ?? '', /empty-data/);
    assert.equal(await dashboardTab('nodata'), tab);

    await vscode.window.tabGroups.close(tab);
    // Nobody looks at it any more.
    await when(onDidChangeRuns, () => record(id) === undefined || undefined);
  });

  it('closes when its run is deleted', async () => {
    const file = await writeText('deleted.m2at.json', tinyExperiment('deleted', 1));
    const id: unknown = await vscode.commands.executeCommand(commands.startTraining, file);
    assert.ok(typeof id === 'string', 'no run was started');
    await dashboardTab('deleted');
    const { onDidChangeJobs, jobs } = await activated();
    await recordWhen(id, isOver);
    await when(onDidChangeJobs, () => !jobs().includes('deleted') || undefined);
    const closed = when(
      (changed) => vscode.window.tabGroups.onDidChangeTabs(changed),
      () =>
        vscode.window.tabGroups.all.every(({ tabs }) => tabs.every(({ label }) => label !== 'deleted')) ||
        undefined,
    );
    await rm(runPath(id), { recursive: true });
    await closed;
  });
});
