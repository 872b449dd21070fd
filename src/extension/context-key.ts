import * as vscode from 'vscode';
import type { ContextKey } from './contributions';

const known = new Map<ContextKey, boolean>();

/** Sets a key that `when` clauses read; one that is so already costs nothing. */
export function setContext(key: ContextKey, value: boolean): void {
  if (known.get(key) === value) return;
  known.set(key, value);
  void vscode.commands.executeCommand('setContext', key, value);
}
