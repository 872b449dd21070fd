import * as vscode from 'vscode';
import { isOver } from '../../core/records/run-state';
import { commands } from '../contributions';
import { epochs } from '../format';
import type { Services } from '../services';
import { showWarning } from '../show/notifications';

/** Of a job whose process was killed, or whose machine was started anew: says where its run is, and offers to go on. */
export async function offerResume({ runs }: Services, ids: readonly string[]): Promise<void> {
  for (const id of ids) {
    const record = runs.record(id);
    if (!record || !isOver(record) || !runs.isResumable(id)) continue;
    const where = epochs(record)?.replace('/', ' of ');
    const resume = 'Resume';
    const open = 'Open Dashboard';
    const text = `${record.name} was interrupted${where === undefined ? '' : ` at ${where}`}.`;
    const answer = await showWarning(text, resume, open);
    if (answer === resume) await vscode.commands.executeCommand(commands.resumeRun, id);
    else if (answer === open) await vscode.commands.executeCommand(commands.openDashboard, id);
  }
}
