import assert from 'node:assert/strict';
import { rm } from 'node:fs/promises';
import * as vscode from 'vscode';
import { commands } from '../../src/extension/contributions';
import { attackRecord, writeAttackRun } from '../support/attack-run';
import { activated, dashboardTab, runPath, when, workspaceFolder } from './workspace';

describe('the dashboards', () => {
  const { id, name } = attackRecord;
  const title = `Attack: ${name}`;
  const tabs = (): vscode.Tab[] =>
    vscode.window.tabGroups.all.flatMap((group) => group.tabs).filter(({ label }) => label === title);

  const textTab = (uri: vscode.Uri): vscode.Tab | undefined =>
    vscode.window.tabGroups.all
      .flatMap((group) => group.tabs)
      .find(({ input }) => input instanceof vscode.TabInputText && input.uri.toString() === uri.toString());

  after(async () => {
    await vscode.window.tabGroups.close(tabs());
    await rm(runPath(id), { recursive: true, force: true });
  });

  it('are one for a run, also when it is opened twice at once', async () => {
    const { onDidChangeRuns, runs } = await activated();
    await writeAttackRun(workspaceFolder().fsPath);
    await when(
      (changed) => onDidChangeRuns(changed),
      () => runs().find((run) => run.id === id),
    );
    const open = (): Thenable<unknown> => vscode.commands.executeCommand(commands.openDashboard, id);
    await Promise.all([open(), open()]);
    await dashboardTab(title);
    // Tabs become known one after the other: a second dashboard would be before this one.
    const { uri } = await vscode.workspace.openTextDocument({ content: '' });
    await vscode.window.showTextDocument(uri);
    await when(
      (changed) => vscode.window.tabGroups.onDidChangeTabs(changed),
      () => textTab(uri),
    );
    assert.equal(tabs().length, 1);
  });
});
