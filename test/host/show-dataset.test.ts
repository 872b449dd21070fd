import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import * as vscode from 'vscode';
import { decode } from 'fast-png';
import { commands } from '../../src/extension/contributions';

describe('M2AT: Show Data Set…', () => {
  it('draws images in a worker, and opens the picture', async () => {
    const file: unknown = await vscode.commands.executeCommand(commands.showDataset, 'cifar10');
    assert.ok(typeof file === 'string');
    const { width, height } = decode(await readFile(file));
    assert.ok(width > 500 && height > 500, `${width} x ${height}`);
    const open = vscode.window.tabGroups.all.flatMap(({ tabs }) => tabs);
    const inputs = open.map(({ input }) =>
      input instanceof vscode.TabInputCustom || input instanceof vscode.TabInputText ? input.uri.fsPath : '',
    );
    assert.ok(inputs.includes(file), `the editors: ${inputs.join(', ')}`);
  });
});
