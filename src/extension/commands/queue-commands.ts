import path from 'node:path';
import * as vscode from 'vscode';
import * as z from 'zod';
import { jobId } from '../../core/scheduler/job-files';
import { commands } from '../contributions';
import { isTrusted } from '../messages';
import type { Services } from '../services';
import { showInformation } from '../show/notifications';
import { pick } from '../show/questions';
import { registerCommand } from './register-command';

/** The job that a command was called for: an id, or an item of the queue; undefined from the palette. */
const argument = z.union([jobId, z.object({ waitingId: jobId }).transform((item) => item.waitingId)]);

/** Start now, remove, move: what can be done to a job that waits for its turn. */
export function registerQueueCommands(services: Services): vscode.Disposable {
  const { log, jobs } = services;
  const { waiting } = jobs;
  const chosen = async (target: unknown, placeHolder: string): Promise<string | undefined> =>
    argument.safeParse(target).data ?? pickWaiting(services, placeHolder);
  return vscode.Disposable.from(
    registerCommand(commands.startWaiting, log, async (target) => {
      if (!isTrusted('Training')) return;
      const id = await chosen(target, 'Run to start now, whatever else computes');
      if (id !== undefined) await waiting.startNow(id);
    }),
    registerCommand(commands.removeWaiting, log, async (target) => {
      const id = await chosen(target, 'Run to remove from the queue; it is not done');
      if (id !== undefined) await waiting.remove(id);
    }),
    registerCommand(commands.moveWaitingUp, log, async (target) => {
      const id = argument.safeParse(target).data;
      if (id !== undefined) await waiting.move(id, 'up');
    }),
    registerCommand(commands.moveWaitingDown, log, async (target) => {
      const id = argument.safeParse(target).data;
      if (id !== undefined) await waiting.move(id, 'down');
    }),
  );
}

async function pickWaiting({ jobs }: Services, placeHolder: string): Promise<string | undefined> {
  await jobs.waiting.refresh();
  const items = jobs.waiting.list.map(({ id, title, root }) => ({
    ...{ label: title, description: path.basename(root), iconPath: new vscode.ThemeIcon('watch'), id },
  }));
  if (items.length === 0) {
    void showInformation('Nothing waits for its turn.');
    return undefined;
  }
  return (await pick(items, { placeHolder }))?.id;
}
