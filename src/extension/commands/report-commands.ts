import * as vscode from 'vscode';
import { reportPage } from '../../core/runs/report-page';
import { isOver } from '../../core/records/run-state';
import { commands } from '../contributions';
import { isTrusted } from '../messages';
import type { Services } from '../services';
import { showError, showInformation } from '../show/notifications';
import { isRemote, openInBrowser } from '../show/outside';
import { askSaveAs } from '../show/questions';
import { openFreshPage } from './fresh-page';
import { pickRun } from './pick-run';
import { registerCommand } from './register-command';
import { runArgument } from './run-argument';

/** What can be done with the page of an attack run. */
export function registerReportCommands(services: Services): vscode.Disposable {
  const { log } = services;
  return vscode.Disposable.from(
    registerCommand(commands.openReport, log, (target) => openReport(services, target)),
    registerCommand(commands.saveReport, log, (target, file) =>
      saveReport(services, target, file instanceof vscode.Uri ? file : undefined),
    ),
  );
}

/**
 * `M2AT: Open Report in Browser`: the page as it is made from the report now, or nothing. Not even that without trust: it
 * is written into the workspace, and leaves the editor.
 */
async function openReport(services: Services, target: unknown): Promise<void> {
  if (!isTrusted('A report in a browser')) return;
  const report = await reportOf(services, target);
  if (!report) return;
  // The browser is on another machine than the file.
  if (isRemote()) {
    const save = 'Save Report As…';
    const answer = await showInformation(
      'The report is a file on the machine that computes, where your browser can not read it. Save a copy where it can.',
      save,
    );
    if (answer === save) await saveAs(report, undefined);
    return;
  }
  const { file, opened } = await openFreshPage(report, openInBrowser);
  if (!opened) void showError(`No program took the report: open ${file} in a browser.`);
}

/**
 * `M2AT: Save Report As…`: one file, with everything in it, made from the report as above.
 * @returns where it is now; undefined when that was dismissed
 */
async function saveReport(
  services: Services,
  target: unknown,
  file: vscode.Uri | undefined,
): Promise<vscode.Uri | undefined> {
  if (!isTrusted('A report in a browser')) return undefined;
  const report = await reportOf(services, target);
  return report && saveAs(report, file);
}

interface Report {
  readonly root: string;
  readonly id: string;
  /** What people call the run. */
  readonly name: string;
}

async function saveAs(report: Report, file: vscode.Uri | undefined): Promise<vscode.Uri | undefined> {
  const folder = vscode.workspace.workspaceFolders?.[0]?.uri;
  const copy =
    file ??
    (await askSaveAs({
      title: 'Save Report As',
      filters: { 'Web page': ['html'] },
      ...(folder && { defaultUri: vscode.Uri.joinPath(folder, `${fileName(report.name)}-report.html`) }),
    }));
  if (!copy) return undefined;
  await vscode.workspace.fs.writeFile(copy, Buffer.from(await reportPage(report)));
  return copy;
}

/** The run that a command was called for, or that the user picks; the user is told why it has no report. */
async function reportOf({ runs }: Services, target: unknown): Promise<Report | undefined> {
  const id =
    runArgument(target) ??
    (await pickRun(runs, {
      placeHolder: 'Attack whose report to open',
      none: 'No attack of this workspace is over yet. "M2AT: Attack Checkpoint…" starts one.',
      filter: ({ record }) => record.kind === 'attack' && isOver(record),
    }));
  if (id === undefined) return undefined;
  const root = runs.rootOf(id);
  const record = runs.record(id);
  if (root === undefined || !record) {
    void showError(`The run ${id} is not in this workspace any more.`);
    return undefined;
  }
  if (record.kind === 'attack' && isOver(record)) return { root, id, name: record.name };
  const why =
    record.kind === 'train'
      ? 'is a training run: attack its checkpoint first'
      : 'still goes on: its report can be opened when it is done or stopped, and its dashboard shows it as it fills';
  void showInformation(`${record.name} ${why}.`);
  return undefined;
}

/** Without what file systems and shells take for something else. */
function fileName(name: string): string {
  return name.replace(/[^\w.-]+/g, '-').replace(/^[-.]+|[-.]+$/g, '') || 'attack';
}
