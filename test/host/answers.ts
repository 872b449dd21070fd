import * as vscode from 'vscode';

type Question =
  | 'showQuickPick'
  | 'showInputBox'
  | 'showInformationMessage'
  | 'showErrorMessage'
  | 'showWarningMessage'
  | 'showOpenDialog';

let undo: (() => void)[] = [];

/** Answers a question of the window in place of the user, until {@link askUser}. */
export function answering(question: Question, answer: (...asked: unknown[]) => unknown): void {
  const original: unknown = Reflect.get(vscode.window, question);
  Reflect.set(vscode.window, question, (...asked: unknown[]) => Promise.resolve(answer(...asked)));
  undo.push(() => Reflect.set(vscode.window, question, original));
}

/** Questions are the user's again. */
export function askUser(): void {
  for (const step of undo.reverse()) step();
  undo = [];
}
