import path from 'node:path';
import * as vscode from 'vscode';
import * as z from 'zod';
import { M2atError } from '../../core/errors';
import { readJson } from '../../core/files/json';
import { runDirectory, runFile } from '../../core/records/run-paths';
import type { Selection } from '../../protocol/compare-protocol';
import { commands } from '../contributions';
import { startTime, summary } from '../format';
import type { Services } from '../services';
import { showInformation } from '../show/notifications';
import { pickMany } from '../show/questions';
import { showDifference } from '../show/text-pages';
import { runIcon } from '../views/run-icon';
import { pickRun } from './pick-run';
import { registerCommand } from './register-command';
import { runArgument } from './run-argument';

const MAX_SETTINGS_BYTES = 2 ** 20;

const groupItem = z.object({ group: z.object({ id: z.string() }) });

/** Comparing runs, and the settings of two of them. */
export function registerCompareRuns(services: Services): vscode.Disposable {
  const { log } = services;
  return vscode.Disposable.from(
    registerCommand(commands.compareRuns, log, (target, all) => compareRuns(services, target, all)),
    registerCommand(commands.compareSettings, log, (target, other) =>
      compareSettings(services, target, other),
    ),
  );
}

/** @param target an item of the tree, an experiment file, or ids of runs; nothing from the palette */
async function compareRuns({ runs, comparisons }: Services, target: unknown, all: unknown): Promise<void> {
  const chosen = selectionOf(Array.isArray(all) ? all : Array.isArray(target) ? target : [target]);
  if (chosen) {
    await comparisons.open(chosen);
    return;
  }
  await runs.refresh();
  const list = runs.list();
  if (list.length === 0) {
    void showInformation('This workspace has no run yet. "M2AT: Start Training Run…" starts one.');
    return;
  }
  const active = vscode.window.activeTextEditor?.document.uri.fsPath;
  const items = list.map(({ record }) => ({
    label: record.name,
    description: summary(record),
    detail: `${record.kind === 'attack' ? 'Attack' : 'Training'}, ${startTime(record)}`,
    iconPath: runIcon(record),
    picked: record.kind === 'train' && record.source !== undefined && record.source === active,
    id: record.id,
  }));
  const placeHolder = 'Runs to compare; attacks on a checkpoint of a run come with it';
  const picked = await pickMany(items, { placeHolder, matchOnDescription: true, matchOnDetail: true });
  if (!picked || picked.length === 0) return;
  await comparisons.open({ runs: picked.map(({ id }) => id), groups: [], sources: [] });
}

/** Undefined where nothing of it can be compared. */
function selectionOf(targets: readonly unknown[]): Selection | undefined {
  const groups = targets.flatMap((target) => groupItem.safeParse(target).data?.group.id ?? []);
  const sources = targets.flatMap((target) => (target instanceof vscode.Uri ? [target.fsPath] : []));
  const runs = targets.flatMap((target) => (target instanceof vscode.Uri ? [] : (runArgument(target) ?? [])));
  return runs.length + groups.length + sources.length > 0 ? { runs, groups, sources } : undefined;
}

/** The settings of two runs in the editor's own view of changes. */
async function compareSettings(services: Services, target: unknown, other: unknown): Promise<void> {
  const { runs } = services;
  const given = (Array.isArray(other) ? other : [target, other]).flatMap((one) => runArgument(one) ?? []);
  const [before, after] = [...new Set(given)];
  const first = before ?? (await pickTraining(services, 'Run whose settings are on the left'));
  const second =
    first === undefined
      ? undefined
      : (after ?? (await pickTraining(services, 'Run whose settings are on the right', first)));
  if (first === undefined || second === undefined) return;
  const pages = await Promise.all(
    [first, second].map(async (id) => {
      const name = runs.record(id)?.name ?? id;
      return { name, title: `${name} (${id}).json`, text: await settingsText(services, id) };
    }),
  );
  const [left, right] = pages;
  if (left && right) await showDifference(`Settings: ${left.name} ↔ ${right.name}`, left, right);
}

function pickTraining({ runs }: Services, placeHolder: string, but?: string): Promise<string | undefined> {
  return pickRun(runs, {
    placeHolder,
    none: 'This workspace has no other training run yet.',
    filter: ({ record }) => record.kind === 'train' && record.id !== but,
  });
}

/** @throws M2atError `bad-input` where the run is gone */
async function settingsText({ runs }: Services, id: string): Promise<string> {
  const root = runs.rootOf(id);
  if (root === undefined) {
    throw new M2atError('bad-input', `the run ${id} is not in this workspace any more`, {
      hint: 'Compare another one.',
    });
  }
  const name = runs.record(id)?.kind === 'attack' ? runFile.attack : runFile.experiment;
  const settings = await readJson(path.join(runDirectory(root, id), name), MAX_SETTINGS_BYTES);
  return `${JSON.stringify(settings, null, 2)}\n`;
}
