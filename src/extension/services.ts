import type * as vscode from 'vscode';
import type { Registry } from '../core/registry/registry';
import type { ExperimentDiagnostics } from './experiment/experiment-diagnostics';
import type { Runs } from './runs/runs';
import type { Comparisons } from './views/comparisons';
import type { Dashboards } from './views/dashboards';
import type { Log } from './show/log';
import type { Jobs } from './worker/jobs';
import type { Questions } from './worker/questions';

/** What the features share. `extension.ts` makes it once. */
export interface Services {
  /** What can be named; loaded when it is asked for. */
  readonly registry: () => Promise<Registry>;
  readonly extensionUri: vscode.Uri;
  readonly log: Log;
  /** What is remembered for this workspace. */
  readonly memory: vscode.Memento;
  readonly runs: Runs;
  readonly jobs: Jobs;
  readonly questions: Questions;
  readonly dashboards: Dashboards;
  readonly comparisons: Comparisons;
  /** Loaded when they are asked for. */
  readonly diagnostics: () => Promise<ExperimentDiagnostics>;
}
