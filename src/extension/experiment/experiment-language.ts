import { format, type Node } from 'jsonc-parser';
import * as vscode from 'vscode';
import { experimentTree, textProblem } from '../../core/experiment/experiment-tree';
import { experimentLanguage } from '../contributions';
import { completionsAt, hoverAt } from './experiment-completions';
import { completionItem, documentSymbol, hover } from '../show/editor-texts';
import { rangeOf } from './experiment-diagnostics';

/** What an editor offers for experiment files: completion, hover, outline and formatting. */
export function registerExperimentLanguage(): vscode.Disposable {
  const selector: vscode.DocumentSelector = { language: experimentLanguage };
  return vscode.Disposable.from(
    vscode.languages.registerCompletionItemProvider(selector, { provideCompletionItems }, '"', ':', ' '),
    vscode.languages.registerHoverProvider(selector, { provideHover }),
    vscode.languages.registerDocumentSymbolProvider(selector, { provideDocumentSymbols }),
    vscode.languages.registerDocumentRangeFormattingEditProvider(selector, {
      provideDocumentRangeFormattingEdits: formattingEdits,
    }),
  );
}

function provideCompletionItems(
  document: vscode.TextDocument,
  position: vscode.Position,
): vscode.CompletionItem[] {
  return completionsAt(document.getText(), document.offsetAt(position)).map((completion, index) => {
    const isKey = completion.kind === 'key';
    const item = completionItem({
      ...completion,
      kind: isKey ? vscode.CompletionItemKind.Property : vscode.CompletionItemKind.Value,
    });
    item.insertText = new vscode.SnippetString(completion.snippet);
    // To the letter, also where nothing is replaced: an item whose range goes on to the next line is not shown.
    const { offset, length } = completion;
    item.range = new vscode.Range(document.positionAt(offset), document.positionAt(offset + length));
    // What is typed may lack the quote.
    item.filterText = completion.label;
    // The order of the schema: what matters first.
    item.sortText = String(index).padStart(3, '0');
    return item;
  });
}

function provideHover(document: vscode.TextDocument, position: vscode.Position): vscode.Hover | undefined {
  const found = hoverAt(document.getText(), document.offsetAt(position));
  return found && hover(found.title, found.lines, rangeOf(document, found));
}

function provideDocumentSymbols(document: vscode.TextDocument): vscode.DocumentSymbol[] {
  const tree = experimentTree(document.getText());
  return tree ? symbolsBelow(document, tree) : [];
}

function symbolsBelow(document: vscode.TextDocument, node: Node): vscode.DocumentSymbol[] {
  return (node.children ?? []).flatMap((child, index) => {
    const isProperty = child.type === 'property';
    const key = isProperty ? child.children?.[0] : undefined;
    const value = isProperty ? child.children?.[1] : child;
    if (!value) return [];
    const name = key === undefined ? (nameOf(value) ?? String(index)) : String(key.value);
    const symbol = documentSymbol(
      name,
      value.children ? '' : String(value.value),
      kinds[value.type] ?? vscode.SymbolKind.Null,
      rangeOf(document, child),
      rangeOf(document, key ?? child),
    );
    symbol.children = symbolsBelow(document, value);
    return [symbol];
  });
}

/** Runs and attacks are known by their names. */
function nameOf(node: Node): string | undefined {
  const name = node.children?.find(({ children }) => children?.[0]?.value === 'name')?.children?.[1];
  return typeof name?.value === 'string' ? name.value : undefined;
}

const kinds: Readonly<Partial<Record<Node['type'], vscode.SymbolKind>>> = {
  object: vscode.SymbolKind.Module,
  array: vscode.SymbolKind.Array,
  string: vscode.SymbolKind.String,
  number: vscode.SymbolKind.Number,
  boolean: vscode.SymbolKind.Boolean,
};

function formattingEdits(
  document: vscode.TextDocument,
  range: vscode.Range,
  { tabSize, insertSpaces }: vscode.FormattingOptions,
): vscode.TextEdit[] {
  if (textProblem(document.getText())) return [];
  const offset = document.offsetAt(range.start);
  const eol = document.eol === vscode.EndOfLine.CRLF ? '\r\n' : '\n';
  const length = document.offsetAt(range.end) - offset;
  return format(document.getText(), { offset, length }, { tabSize, insertSpaces, eol }).map((edit) => {
    const start = document.positionAt(edit.offset);
    return new vscode.TextEdit(
      new vscode.Range(start, document.positionAt(edit.offset + edit.length)),
      edit.content,
    );
  });
}
