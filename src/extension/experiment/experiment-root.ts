import path from 'node:path';
import * as vscode from 'vscode';

/** The folder whose `.m2at/runs` gets a file's runs: its workspace folder, else the file's own folder. */
export function rootOf(file: vscode.Uri): string {
  return vscode.workspace.getWorkspaceFolder(file)?.uri.fsPath ?? path.dirname(file.fsPath);
}
