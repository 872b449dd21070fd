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

/** An entry of a list. */
interface Shown {
  readonly label: string;
  readonly description?: string;
  readonly detail?: string;
}

/** What is asked with an input box. */
export interface Asked {
  readonly value: string;
  readonly validateInput: (answer: string) => string | undefined;
}

/** Answers the lists one after the other, by label; undefined dismisses one. @returns what they showed */
export function picking(...labels: (string | undefined)[]): Shown[][] {
  const lists: Shown[][] = [];
  const left = [...labels];
  answering('showQuickPick', (items) => {
    const list = items as Shown[];
    lists.push(list);
    const label = left.shift();
    return list.find((item) => item.label === label);
  });
  return lists;
}
