import { stat } from 'node:fs/promises';
import path from 'node:path';
import * as vscode from 'vscode';
import { runFile } from '../../core/runs/run-paths';
import { isOver } from '../../core/runs/run-store';
import { commands } from '../contributions';
import type { Services } from '../services';
import { pickRun } from './pick-run';
import { registerCommand } from './register-command';
import { runArgument } from './run-argument';

/** What can be done with the page that an attack run leaves behind. */
export function registerReportCommands(services: Services): vscode.Disposable {
  const { log } = services;
  return vscode.Disposable.from(
    registerCommand(commands.openReport, log, (target) => openReport(services, target)),
    registerCommand(commands.saveReport, log, (target, file) =>
      saveReport(services, target, file instanceof vscode.Uri ? file : undefined),
    ),
  );
}

/** `M2AT: Open Report in Browser`. */
async function openReport(services: Services, target: unknown): Promise<void> {
  const report = await reportOf(services, target);
  if (!report) return;
  // The browser is on another machine than the file.
  if (vscode.env.remoteName !== undefined || vscode.env.uiKind === vscode.UIKind.Web) {
    const save = 'Save Report As…';
    const answer = await vscode.window.showInformationMessage(
      'The report is a file on the machine that computes, where your browser can not read it. Save a copy where it can.',
      save,
    );
    if (answer === save) await saveCopy(report, undefined);
    return;
  }
  if (await vscode.env.openExternal(report.page)) return;
  void vscode.window.showErrorMessage(`No program took the report: open ${report.page.fsPath} in a browser.`);
}

/**
 * `M2AT: Save Report As…`: one file, with everything in it.
 * @returns where it is now; undefined when that was dismissed
 */
async function saveReport(
  services: Services,
  target: unknown,
  file: vscode.Uri | undefined,
): Promise<vscode.Uri | undefined> {
  const report = await reportOf(services, target);
  return report && saveCopy(report, file);
}

interface Report {
  readonly page: vscode.Uri;
  /** For a file name. */
  readonly name: string;
}

async function saveCopy(
  { page, name }: Report,
  file: vscode.Uri | undefined,
): Promise<vscode.Uri | undefined> {
  const folder = vscode.workspace.workspaceFolders?.[0]?.uri;
  const copy =
    file ??
    (await vscode.window.showSaveDialog({
      title: 'Save Report As',
      filters: { 'Web page': ['html'] },
      ...(folder && { defaultUri: vscode.Uri.joinPath(folder, name) }),
    }));
  if (!copy) return undefined;
  await vscode.workspace.fs.writeFile(copy, await vscode.workspace.fs.readFile(page));
  return copy;
}

/** The page of the run that a command was called for, or that the user picks; the user is told why there is none. */
async function reportOf({ runs }: Services, target: unknown): Promise<Report | undefined> {
  const id =
    runArgument(target) ??
    (await pickRun(runs, {
      placeHolder: 'Attack whose report to open',
      none: 'No attack of this workspace is over yet. "M2AT: Attack Checkpoint…" starts one.',
      filter: ({ record }) => record.kind === 'attack' && isOver(record),
    }));
  if (id === undefined) return undefined;
  const directory = runs.directory(id);
  const record = runs.record(id);
  if (directory === undefined || !record) {
    void vscode.window.showErrorMessage(`The run ${id} is not in this workspace any more.`);
    return undefined;
  }
  const page = path.join(directory, runFile.reportPage);
  const found = await stat(page).catch(() => undefined);
  if (found?.isFile()) return { page: vscode.Uri.file(page), name: `${fileName(record.name)}-report.html` };
  const why =
    record.kind === 'train'
      ? 'is a training run: attack its checkpoint first'
      : isOver(record)
        ? 'ended before its report was written, or comes from an older version: its dashboard shows what there is'
        : 'still goes on: its report is written when it is done or stopped, and its dashboard shows it as it fills';
  void vscode.window.showInformationMessage(`${record.name} ${why}.`);
  return undefined;
}

/** Without what file systems and shells take for something else. */
function fileName(name: string): string {
  return name.replace(/[^\w.-]+/g, '-').replace(/^[-.]+|[-.]+$/g, '') || 'attack';
}
