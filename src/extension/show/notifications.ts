import * as vscode from 'vscode';
import { plain, plainLines } from './plain';

/** @returns the action that was chosen; undefined when the message was dismissed */
export function showInformation<A extends string>(
  message: string,
  ...actions: readonly A[]
): Thenable<A | undefined> {
  return vscode.window.showInformationMessage(plain(message), ...actions);
}

/** @returns as of {@link showInformation} */
export function showWarning<A extends string>(
  message: string,
  ...actions: readonly A[]
): Thenable<A | undefined> {
  return vscode.window.showWarningMessage(plain(message), ...actions);
}

/** @returns as of {@link showInformation} */
export function showError<A extends string>(
  message: string,
  ...actions: readonly A[]
): Thenable<A | undefined> {
  return vscode.window.showErrorMessage(plain(message), ...actions);
}

/** Asks in a dialog that has to be answered. @returns whether the action was chosen */
export async function confirm(message: string, detail: readonly string[], action: string): Promise<boolean> {
  const options = { modal: true, detail: plainLines(detail) };
  return (await vscode.window.showWarningMessage(plain(message), options, action)) === action;
}

export interface ProgressOptions {
  readonly title: string;
  /** In the status bar; otherwise in a notification. */
  readonly quiet?: true;
  readonly cancellable?: boolean;
}

/** Says what goes on, for as long as it does. */
export function withProgress<T>(
  { title, quiet, cancellable }: ProgressOptions,
  task: (
    report: (step: { readonly message: string; readonly increment?: number }) => void,
    token: vscode.CancellationToken,
  ) => Thenable<T>,
): Thenable<T> {
  const options = {
    location: quiet ? vscode.ProgressLocation.Window : vscode.ProgressLocation.Notification,
    title: plain(title),
    ...(cancellable !== undefined && { cancellable }),
  };
  return vscode.window.withProgress(options, (progress, token) =>
    task((step) => {
      progress.report({ ...step, message: plain(step.message) });
    }, token),
  );
}
