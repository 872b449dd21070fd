import type * as vscode from 'vscode';
import type { Runs } from '../runs/runs';
import type { Log } from '../show/log';

/** What comparisons need of the extension. */
export interface ComparisonServices {
  readonly extensionUri: vscode.Uri;
  readonly runs: Runs;
  readonly log: Log;
}
