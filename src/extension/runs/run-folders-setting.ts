import * as vscode from 'vscode';
import { allowRunFolders } from '../../core/files/run-folders';
import type { SettingKey } from '../contributions';
import { runFoldersSetting } from '../settings';

const key: SettingKey = 'm2at.runFolders';

/** Allows runs in the folders that the user's setting names, now and whenever it changes. */
export function followRunFolders(onChange: () => void): vscode.Disposable {
  const allow = (): void => {
    const folders = runFoldersSetting();
    // Without any, those of the environment that VS Code was started in.
    allowRunFolders(folders.length > 0 ? folders : undefined);
  };
  allow();
  return vscode.workspace.onDidChangeConfiguration((event) => {
    if (!event.affectsConfiguration(key)) return;
    allow();
    onChange();
  });
}
