import * as vscode from 'vscode';
import { M2atError, messageOf } from '../core/errors';
import type { Log } from './show/log';
import { showError, showWarning } from './show/notifications';
import { oneLine } from './show/plain';

/** What else a message offers. */
interface Offer {
  readonly title: string;
  readonly run: () => Promise<void>;
}

/** Logs an error whole and shows it short, with a way to the log. A cancellation is no error. */
export function reportError(log: Log, title: string, error: unknown, offer?: Offer): void {
  if (error instanceof M2atError && error.code === 'cancelled') {
    log.info(`${title}: cancelled`);
    return;
  }
  const message = messageOf(error);
  log.error(`${title}: ${message}`);
  if (error instanceof Error && !(error instanceof M2atError) && error.stack) log.error(error.stack);
  const actions = [...(offer ? [offer.title] : []), showLog];
  void follow(log, showError(`${title}: ${oneLine(message)}`, ...actions), offer);
}

const showLog = 'Show Log';

async function follow(log: Log, answer: Thenable<string | undefined>, offer?: Offer): Promise<void> {
  const chosen = await answer;
  if (chosen === showLog) log.show();
  else if (chosen !== undefined) await offer?.run();
}

/** What needs a trusted workspace, and why. */
const reasons = {
  Training: 'loads models and writes files that this workspace names',
  'An attack': 'loads models and writes files that this workspace names',
  'An evaluation': 'loads models and writes files that this workspace names',
  'A data set': 'is read from files that this workspace names',
  'A report in a browser': "is made of this workspace's files and leaves the editor",
  'A mark of a run': 'is written into its folder',
} as const;

/** Says why nothing happens in Restricted Mode, and offers the way out. */
export function isTrusted(activity: keyof typeof reasons): boolean {
  if (vscode.workspace.isTrusted) return true;
  const manage = 'Manage Workspace Trust';
  void showWarning(
    `${activity} ${reasons[activity]}, so it needs a trusted workspace. Runs can be viewed without trust.`,
    manage,
  ).then((answer) => {
    if (answer === manage) void vscode.commands.executeCommand('workbench.trust.manage');
  });
  return false;
}
