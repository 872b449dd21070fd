import * as vscode from 'vscode';
import {
  problemLine,
  type ExperimentProblem,
  type ParsedExperiment,
} from '../../core/experiment/parse-experiment';
import { errorAt } from '../show/editor-texts';
import { isExperiment } from './is-experiment';
import { parsedText } from './parsed-text';

/** Typing is checked when it pauses. */
const CHECK_AFTER_MS = 300;

/** Problems of experiment files, in the Problems view and under the text. */
export class ExperimentDiagnostics implements vscode.Disposable {
  private readonly collection = vscode.languages.createDiagnosticCollection('m2at');
  private readonly timers = new Map<string, NodeJS.Timeout>();
  private readonly subscriptions = vscode.Disposable.from(
    vscode.workspace.onDidOpenTextDocument((document) => this.check(document)),
    vscode.workspace.onDidSaveTextDocument((document) => this.check(document)),
    vscode.workspace.onDidChangeTextDocument(({ document }) => {
      this.checkSoon(document);
    }),
    vscode.workspace.onDidCloseTextDocument(({ uri }) => {
      this.collection.delete(uri);
    }),
  );

  constructor() {
    vscode.workspace.textDocuments.forEach((document) => this.check(document));
  }

  /** Reads a document, shows its problems and returns what it holds; undefined for other files. */
  check(document: vscode.TextDocument): ParsedExperiment | undefined {
    if (!isExperiment(document)) return undefined;
    const parsed = parsedText(document.getText());
    this.collection.set(
      document.uri,
      (parsed.problems ?? []).map((problem) => errorAt(rangeOf(document, problem), problemLine(problem))),
    );
    return parsed;
  }

  dispose(): void {
    for (const timer of this.timers.values()) clearTimeout(timer);
    this.subscriptions.dispose();
    this.collection.dispose();
  }

  private checkSoon(document: vscode.TextDocument): void {
    if (!isExperiment(document)) return;
    const key = document.uri.toString();
    clearTimeout(this.timers.get(key));
    const timer = setTimeout(() => {
      this.timers.delete(key);
      if (!document.isClosed) this.check(document);
    }, CHECK_AFTER_MS);
    this.timers.set(key, timer);
  }
}

export function rangeOf(
  document: vscode.TextDocument,
  { offset, length }: Pick<ExperimentProblem, 'offset' | 'length'>,
): vscode.Range {
  return new vscode.Range(document.positionAt(offset), document.positionAt(offset + Math.max(length, 1)));
}
