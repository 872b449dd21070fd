import assert from 'node:assert/strict';
import * as vscode from 'vscode';
import { commands } from '../../src/extension/contributions';
import { activated } from './workspace';

describe('the extension', () => {
  it('registers every command that it contributes', async () => {
    await activated();
    const registered = new Set(await vscode.commands.getCommands(true));
    for (const command of Object.values(commands)) assert.ok(registered.has(command), command);
  });
});
