import * as vscode from 'vscode';
import type { Services } from '../services';
import { registerExperimentLenses } from '../views/experiment-lenses';
import { registerInlineMetrics } from '../views/inline-metrics';
import { ExperimentDiagnostics } from './experiment-diagnostics';
import { registerExperimentLanguage } from './experiment-language';
import { registerQuickFixes } from './quick-fixes';

/** Everything that an editor of an experiment file has. */
export class ExperimentEditing implements vscode.Disposable {
  readonly diagnostics = new ExperimentDiagnostics();
  private readonly features: vscode.Disposable;

  constructor(services: Pick<Services, 'runs'>) {
    this.features = vscode.Disposable.from(
      this.diagnostics,
      registerExperimentLanguage(),
      registerQuickFixes(),
      registerExperimentLenses(services),
      registerInlineMetrics(services),
    );
  }

  dispose(): void {
    this.features.dispose();
  }
}
