import { markRun, type MarksChange } from '../../core/runs/run-marks';
import * as vscode from 'vscode';
import { commands } from '../contributions';
import { isTrusted } from '../messages';
import type { Services } from '../services';
import { askMark } from '../views/ask-mark';
import { pickRun } from './pick-run';
import { registerCommand } from './register-command';
import { runArgument } from './run-argument';
import { selectedRun } from './selected-run';

/** What somebody says of a run: its name, a star, tags, a note. */
export function registerMarkRun(services: Services): vscode.Disposable {
  const { log } = services;
  const ask = (what: 'name' | 'tags' | 'note') => (target: unknown) =>
    change(services, target, (record) => askMark(record, what));
  return vscode.Disposable.from(
    registerCommand(commands.renameRun, log, ask('name')),
    registerCommand(commands.tagRun, log, ask('tags')),
    registerCommand(commands.noteRun, log, ask('note')),
    registerCommand(commands.starRun, log, (target) =>
      change(services, target, ({ marks }) => ({ star: marks?.star !== true })),
    ),
  );
}

type Asked = MarksChange | undefined | Promise<MarksChange | undefined>;

async function change(
  { runs }: Services,
  target: unknown,
  changeOf: (record: NonNullable<ReturnType<Services['runs']['record']>>) => Asked,
): Promise<void> {
  const id =
    runArgument(target) ??
    selectedRun(runs, target) ??
    (await pickRun(runs, { placeHolder: 'Run to mark', none: 'This workspace has no run yet.' }));
  const record = id === undefined ? undefined : runs.record(id);
  const root = id === undefined ? undefined : runs.rootOf(id);
  if (!record || root === undefined || !isTrusted('A mark of a run')) return;
  const wanted = await changeOf(record);
  if (!wanted) return;
  await markRun(root, record.id, wanted);
  await runs.refresh();
}
