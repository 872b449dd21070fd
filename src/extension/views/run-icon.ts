import * as vscode from 'vscode';
import type { RunRecord } from '../../core/records/run-files';

/**
 * The icon of a run's status, in the colours that VS Code's test explorer gives them. A run that is done and saw something
 * that asks for a change has that of a warning.
 */
export function runIcon({ status, signs = [] }: RunRecord): vscode.ThemeIcon {
  switch (status) {
    case 'preparing':
    case 'running':
    case 'stopping':
      return new vscode.ThemeIcon('sync~spin');
    case 'done':
      if (signs.some(({ advice }) => advice !== undefined)) {
        return new vscode.ThemeIcon('warning', new vscode.ThemeColor('list.warningForeground'));
      }
      return new vscode.ThemeIcon('pass', new vscode.ThemeColor('testing.iconPassed'));
    case 'stopped':
      return new vscode.ThemeIcon('debug-stop', new vscode.ThemeColor('testing.iconSkipped'));
    case 'failed':
      return new vscode.ThemeIcon('error', new vscode.ThemeColor('testing.iconFailed'));
  }
}
