import * as vscode from 'vscode';
import { problemLine, type TextFix } from '../../core/experiment/parse-experiment';
import { experimentLanguage } from '../contributions';
import { errorAt, quickFix } from '../show/editor-texts';
import { rangeOf } from './experiment-diagnostics';
import { isExperiment } from './is-experiment';
import { parsedText } from './parsed-text';

/** "Did you mean" as a quick fix: replaces a misspelt key or value. */
class QuickFixes implements vscode.CodeActionProvider {
  provideCodeActions(
    document: vscode.TextDocument,
    range: vscode.Range,
    context: vscode.CodeActionContext,
  ): vscode.CodeAction[] {
    if (!isExperiment(document)) return [];
    return (parsedText(document.getText()).problems ?? []).flatMap((problem) => {
      if (!problem.fix || !rangeOf(document, problem).intersection(range)) return [];
      const shown = context.diagnostics.filter(
        ({ message }) => message === errorAt(rangeOf(document, problem), problemLine(problem)).message,
      );
      return [replacement(document, problem.fix, shown)];
    });
  }
}

function replacement(
  document: vscode.TextDocument,
  fix: TextFix,
  diagnostics: vscode.Diagnostic[],
): vscode.CodeAction {
  const action = quickFix(`Change to ${fix.text}`);
  action.diagnostics = diagnostics;
  action.isPreferred = true;
  action.edit = new vscode.WorkspaceEdit();
  action.edit.replace(document.uri, rangeOf(document, fix), fix.text);
  return action;
}

export function registerQuickFixes(): vscode.Disposable {
  return vscode.languages.registerCodeActionsProvider(
    [{ language: experimentLanguage }, { pattern: '**/*.m2at.json' }],
    new QuickFixes(),
    { providedCodeActionKinds: [vscode.CodeActionKind.QuickFix] },
  );
}
