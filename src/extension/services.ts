import type * as vscode from 'vscode';
import type { ExperimentDiagnostics } from './experiment/experiment-diagnostics';
import type { Runs } from './runs/runs';
import type { Dashboards } from './views/dashboards';
import type { Jobs } from './worker/jobs';

/** What the features share. `extension.ts` makes it once. */
export interface Services {
  readonly extensionUri: vscode.Uri;
  readonly log: vscode.LogOutputChannel;
  /** What is remembered for this workspace. */
  readonly memory: vscode.Memento;
  readonly runs: Runs;
  readonly jobs: Jobs;
  readonly dashboards: Dashboards;
  readonly diagnostics: ExperimentDiagnostics;
}
