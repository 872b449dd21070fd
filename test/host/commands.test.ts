import assert from 'node:assert/strict';
import * as vscode from 'vscode';
import { commands } from '../../src/extension/contributions';

describe('the extension', () => {
  it('registers every command that it contributes', async () => {
    const extension = vscode.extensions.getExtension('m2at.m2at');
    assert.ok(extension, 'the extension is not there');
    await extension.activate();
    const registered = new Set(await vscode.commands.getCommands(true));
    for (const command of Object.values(commands)) assert.ok(registered.has(command), command);
  });
});
