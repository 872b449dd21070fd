import * as vscode from 'vscode';
import { isExperiment } from '../experiment/is-experiment';
import { runPlaces } from '../experiment/experiment-places';
import { latestRun } from '../experiment/latest-run';
import { settingsOf } from '../experiment/changed-settings';
import { runningText } from '../experiment/last-run-text';
import { RunExperiments } from '../experiment/run-experiments';
import { isOver } from '../../core/records/run-state';
import type { Services } from '../services';
import { textAfter } from '../show/labels';

/** While a run goes on, its latest values stand after the `method` that they belong to. */
export function registerInlineMetrics({ runs }: Pick<Services, 'runs'>): vscode.Disposable {
  const style = vscode.window.createTextEditorDecorationType({
    after: {
      color: new vscode.ThemeColor('editorCodeLens.foreground'),
      margin: '0 0 0 2em',
      fontStyle: 'italic',
    },
    isWholeLine: true,
  });
  const experiments = new RunExperiments(runs);
  const update = (): void => {
    for (const editor of vscode.window.visibleTextEditors) {
      if (isExperiment(editor.document)) void decorate(editor);
    }
  };
  const decorate = async (editor: vscode.TextEditor): Promise<void> => {
    const { document } = editor;
    const { version } = document;
    const decorations = await decorationsOf(document);
    // What was typed in the meantime has been looked at again.
    if (document.version === version) editor.setDecorations(style, decorations);
  };
  const decorationsOf = async (document: vscode.TextDocument): Promise<vscode.DecorationOptions[]> => {
    const text = document.getText();
    const places = runPlaces(text).flatMap(({ name, recordName, methodEnd }) => {
      const record = latestRun(runs, document.uri.fsPath, recordName);
      if (!record || isOver(record) || methodEnd === undefined) return [];
      const { end } = document.lineAt(document.positionAt(methodEnd)).range;
      return [{ name, record, end }];
    });
    if (places.length === 0) return [];
    const settings = settingsOf(text, document.uri.fsPath);
    return Promise.all(
      places.map(async ({ name, record, end }) =>
        textAfter(
          new vscode.Range(end, end),
          runningText(record, await experiments.changes(record.id, name, settings)),
        ),
      ),
    );
  };
  update();
  return vscode.Disposable.from(
    style,
    runs.onDidChangeList(update),
    vscode.window.onDidChangeVisibleTextEditors(update),
    vscode.workspace.onDidChangeTextDocument(({ document }) => {
      if (isExperiment(document)) update();
    }),
  );
}
