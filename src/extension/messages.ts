import * as vscode from 'vscode';
import { M2atError, messageOf } from '../core/errors';

/** A toast shows a few lines; the rest is in the log. */
const LONGEST_MESSAGE = 500;

/** Logs an error whole and shows it short, with a way to the log. A cancellation is no error. */
export function showError(log: vscode.LogOutputChannel, title: string, error: unknown): void {
  if (error instanceof M2atError && error.code === 'cancelled') {
    log.info(`${title}: cancelled`);
    return;
  }
  const message = messageOf(error);
  log.error(`${title}: ${message}`);
  if (error instanceof Error && !(error instanceof M2atError) && error.stack) log.error(error.stack);
  const line = message.split(/\s*\n\s*/).join(' ');
  const short = line.length > LONGEST_MESSAGE ? `${line.slice(0, LONGEST_MESSAGE)}…` : line;
  void offerLog(log, vscode.window.showErrorMessage(`${title}: ${short}`, 'Show Log'));
}

async function offerLog(log: vscode.LogOutputChannel, answer: Thenable<string | undefined>): Promise<void> {
  if ((await answer) === 'Show Log') log.show();
}

/** Says why nothing happens in Restricted Mode, and offers the way out. */
export function isTrusted(activity: 'Training' | 'An attack' | 'An evaluation'): boolean {
  if (vscode.workspace.isTrusted) return true;
  const manage = 'Manage Workspace Trust';
  void vscode.window
    .showWarningMessage(
      `${activity} loads models and writes files that this workspace names, so it needs a trusted workspace. Runs can be viewed without trust.`,
      manage,
    )
    .then((answer) => {
      if (answer === manage) void vscode.commands.executeCommand('workbench.trust.manage');
    });
  return false;
}
