import * as vscode from 'vscode';
import type { ContextKey } from './contributions';

/** Sets a key that `when` clauses read. */
export function setContext(key: ContextKey, value: boolean): void {
  void vscode.commands.executeCommand('setContext', key, value);
}
