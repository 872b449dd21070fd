import * as vscode from 'vscode';
import { plain, plainLines } from './plain';

type Lines = readonly (string | undefined)[];

export interface TreeLabel {
  readonly label: string;
  readonly description: string;
  readonly tooltip: Lines;
  /** For screen readers. */
  readonly spoken: string;
}

/** An item of a tree, with its texts. */
export function treeItem({ label, description, tooltip, spoken }: TreeLabel): vscode.TreeItem {
  const item = new vscode.TreeItem(plain(label));
  item.description = plain(description);
  item.tooltip = plainLines(tooltip);
  item.accessibilityInformation = { label: plain(spoken) };
  return item;
}

export interface StatusItem {
  show(label: { readonly icon: string; readonly text: string; readonly tooltip: Lines }): void;
  hide(): void;
  dispose(): void;
}

/** An item on the left of the status bar, hidden until it says something. */
export function statusItem(id: string, name: string, command: string): StatusItem {
  const item = vscode.window.createStatusBarItem(id, vscode.StatusBarAlignment.Left);
  item.name = name;
  item.command = command;
  let shown: string | undefined;
  return {
    show({ icon, text, tooltip }) {
      const [label, lines] = [`$(${icon}) ${plain(text)}`, plainLines(tooltip)];
      // To say the same again would be a message to the window, too.
      if (shown === `${label}\n${lines}`) return;
      shown = `${label}\n${lines}`;
      item.text = label;
      item.tooltip = lines;
      item.show();
    },
    hide() {
      if (shown === undefined) return;
      shown = undefined;
      item.hide();
    },
    dispose() {
      item.dispose();
    },
  };
}

export interface Lens {
  readonly icon?: string;
  readonly title: string;
  readonly tooltip?: Lines;
  readonly command: string;
  readonly arguments: unknown[];
}

export function codeLens(range: vscode.Range, lens: Lens): vscode.CodeLens {
  const { icon, title, tooltip, command, arguments: given } = lens;
  return new vscode.CodeLens(range, {
    title: `${icon === undefined ? '' : `$(${icon}) `}${plain(title)}`,
    command,
    arguments: given,
    ...(tooltip && { tooltip: plainLines(tooltip) }),
  });
}

/** A text after a line of an editor, in the style of a decoration type. */
export function textAfter(range: vscode.Range, text: string): vscode.DecorationOptions {
  return { range, renderOptions: { after: { contentText: plain(text) } } };
}

/** The title of a panel. */
export function setTitle(panel: vscode.WebviewPanel, title: string): void {
  const shown = plain(title);
  if (panel.title !== shown) panel.title = shown;
}
