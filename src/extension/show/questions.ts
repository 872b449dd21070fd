import * as vscode from 'vscode';
import { plain, plainDetail } from './plain';

type Item = Pick<vscode.QuickPickItem, 'label' | 'description' | 'detail' | 'kind' | 'iconPath' | 'picked'>;

export type PickOptions = Pick<
  vscode.QuickPickOptions,
  'title' | 'placeHolder' | 'matchOnDescription' | 'matchOnDetail' | 'ignoreFocusOut'
>;

/** Lets the user choose one. Icons are `iconPath`s: `$(…)` in a text is shown as it is. */
export async function pick<T extends Item>(
  items: readonly T[],
  options: PickOptions,
): Promise<T | undefined> {
  return (await vscode.window.showQuickPick(items.map(shown), plainOptions(options)))?.item;
}

/** Lets the user choose several; undefined when that was dismissed. */
export async function pickMany<T extends Item>(
  items: readonly T[],
  options: PickOptions,
): Promise<T[] | undefined> {
  const picked = await vscode.window.showQuickPick(items.map(shown), {
    ...plainOptions(options),
    canPickMany: true,
  });
  return picked?.map(({ item }) => item);
}

/** A heading between the items of a choice. */
export function separator(label: string): { label: string; kind: vscode.QuickPickItemKind.Separator } {
  return { label, kind: vscode.QuickPickItemKind.Separator };
}

function shown<T extends Item>(item: T): Item & { readonly item: T } {
  const { label, description, detail, kind, iconPath, picked } = item;
  return {
    item,
    label: plain(label),
    ...(description !== undefined && { description: plainDetail(description) }),
    ...(detail !== undefined && { detail: plainDetail(detail) }),
    ...(kind !== undefined && { kind }),
    ...(iconPath !== undefined && { iconPath }),
    ...(picked !== undefined && { picked }),
  };
}

export interface TextQuestion {
  readonly title: string;
  readonly prompt: string;
  readonly value?: string;
  readonly placeHolder?: string;
  /** @returns what is wrong with an answer */
  readonly problemOf: (answer: string) => string | undefined;
}

/** Asks for a text; undefined when that was dismissed. It stays open while the user looks elsewhere. */
export function askText(question: TextQuestion): Thenable<string | undefined> {
  const { title, prompt, value, placeHolder, problemOf } = question;
  return vscode.window.showInputBox({
    title: plain(title),
    prompt: plain(prompt),
    ...(value !== undefined && { value }),
    ...(placeHolder !== undefined && { placeHolder: plain(placeHolder) }),
    ignoreFocusOut: true,
    validateInput: (answer) => {
      const problem = problemOf(answer);
      return problem === undefined ? undefined : plain(problem);
    },
  });
}

/** Asks for files or a folder of the disk. Empty when that was dismissed. */
export async function askFiles(options: vscode.OpenDialogOptions): Promise<vscode.Uri[]> {
  return (await vscode.window.showOpenDialog({ ...options, ...plainOptions(options) })) ?? [];
}

/** Asks where to save; undefined when that was dismissed. */
export function askSaveAs(options: vscode.SaveDialogOptions): Thenable<vscode.Uri | undefined> {
  return vscode.window.showSaveDialog({ ...options, ...plainOptions(options) });
}

/** Asks for one of several folders of the workspace. */
export async function askWorkspaceFolder(purpose: string): Promise<vscode.Uri | undefined> {
  return (await vscode.window.showWorkspaceFolderPick({ placeHolder: plain(purpose) }))?.uri;
}

function plainOptions<O extends { title?: string | undefined; placeHolder?: string | undefined }>(
  options: O,
): O {
  const { title, placeHolder } = options;
  return {
    ...options,
    ...(title !== undefined && { title: plain(title) }),
    ...(placeHolder !== undefined && { placeHolder: plain(placeHolder) }),
  };
}
