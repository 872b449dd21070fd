import * as vscode from 'vscode';
import { plain, plainMarkdown } from './plain';

/** A heading and paragraphs. */
export function hover(title: string, paragraphs: readonly string[], range: vscode.Range): vscode.Hover {
  const text = [`**${plainMarkdown(title)}**`, ...paragraphs.map(plainMarkdown)].join('\n\n');
  return new vscode.Hover(new vscode.MarkdownString(text), range);
}

/** A problem of this extension. */
export function errorAt(range: vscode.Range, message: string): vscode.Diagnostic {
  const result = new vscode.Diagnostic(range, plain(message), vscode.DiagnosticSeverity.Error);
  result.source = 'M2AT';
  return result;
}

export interface CompletionText {
  readonly label: string;
  readonly kind: vscode.CompletionItemKind;
  readonly detail?: string | undefined;
  readonly description?: string | undefined;
}

export function completionItem(text: CompletionText): vscode.CompletionItem {
  const item = new vscode.CompletionItem(plain(text.label), text.kind);
  if (text.detail !== undefined) item.detail = plain(text.detail);
  if (text.description !== undefined) item.documentation = plain(text.description, Infinity);
  return item;
}

/** An entry of the outline; one without a name is `""` there. */
export function documentSymbol(
  name: string,
  detail: string,
  kind: vscode.SymbolKind,
  range: vscode.Range,
  selection: vscode.Range,
): vscode.DocumentSymbol {
  return new vscode.DocumentSymbol(plain(name) || '""', plain(detail), kind, range, selection);
}

export function quickFix(title: string): vscode.CodeAction {
  return new vscode.CodeAction(plain(title), vscode.CodeActionKind.QuickFix);
}
