import * as vscode from 'vscode';
import { once } from '../once';
import type { Services } from '../services';
import type { ExperimentDiagnostics } from './experiment-diagnostics';
import { isExperiment } from './is-experiment';

/** What experiment files have in an editor, loaded when one is opened, or when a command asks for their problems. */
export class EditingOnDemand implements vscode.Disposable {
  private readonly subscriptions: { dispose(): void }[] = [];
  private disposed = false;
  private readonly editing;

  constructor(services: Pick<Services, 'runs'>) {
    this.editing = once(async () => {
      const { ExperimentEditing } = await import('./experiment-editing');
      const editing = new ExperimentEditing(services);
      if (this.disposed) editing.dispose();
      else this.subscriptions.push(editing);
      return editing;
    });
    const loadFor = (document: vscode.TextDocument): void => {
      if (isExperiment(document)) void this.editing();
    };
    this.subscriptions.push(vscode.workspace.onDidOpenTextDocument(loadFor));
    vscode.workspace.textDocuments.forEach(loadFor);
  }

  readonly diagnostics = async (): Promise<ExperimentDiagnostics> => (await this.editing()).diagnostics;

  dispose(): void {
    this.disposed = true;
    for (const subscription of this.subscriptions.splice(0)) subscription.dispose();
  }
}
