import * as vscode from 'vscode';
import { isExperiment } from '../experiment/experiment-diagnostics';
import { runPlaces } from '../experiment/experiment-places';
import { latestRun } from '../experiment/latest-run';
import { summary } from '../format';
import { isOver } from '../../core/runs/run-store';
import type { Services } from '../services';

/** While a run goes on, its latest values stand after the `method` that they belong to. */
export function registerInlineMetrics({ runs }: Services): vscode.Disposable {
  const style = vscode.window.createTextEditorDecorationType({
    after: {
      color: new vscode.ThemeColor('editorCodeLens.foreground'),
      margin: '0 0 0 2em',
      fontStyle: 'italic',
    },
    isWholeLine: true,
  });
  const update = (): void => {
    for (const editor of vscode.window.visibleTextEditors) {
      if (isExperiment(editor.document)) editor.setDecorations(style, decorations(editor.document));
    }
  };
  const decorations = (document: vscode.TextDocument): vscode.DecorationOptions[] =>
    runPlaces(document.getText()).flatMap(({ recordName, methodEnd }) => {
      const record = latestRun(runs, document.uri.fsPath, recordName);
      if (!record || isOver(record) || methodEnd === undefined) return [];
      const end = document.lineAt(document.positionAt(methodEnd)).range.end;
      return [
        {
          range: new vscode.Range(end, end),
          renderOptions: { after: { contentText: summary(record) || record.status } },
        },
      ];
    });
  update();
  return vscode.Disposable.from(
    style,
    runs.onDidChangeList(update),
    vscode.window.onDidChangeVisibleTextEditors(update),
  );
}
