import * as vscode from 'vscode';
import type { CommandId } from '../contributions';
import { showError } from '../messages';

/** Registers a command whose errors reach the user and the log, and never only a console. */
export function registerCommand(
  id: CommandId,
  log: vscode.LogOutputChannel,
  run: (...args: unknown[]) => unknown,
): vscode.Disposable {
  return vscode.commands.registerCommand(id, async (...args: unknown[]): Promise<unknown> => {
    try {
      return await run(...args);
    } catch (error) {
      showError(log, 'M2AT', error);
      return undefined;
    }
  });
}
