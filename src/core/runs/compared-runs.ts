import path from 'node:path';
import { M2atError } from '../errors';
import { atMostAtOnce } from '../files/at-most-at-once';
import { readJson } from '../files/json';
import { runOfCheckpoint } from '../records/checkpoint-run';
import type { RunRecord } from '../records/run-files';
import { runDirectory, runFile, runsDirectory } from '../records/run-paths';
import { withAnalysis } from '../report/analyse-report';
import type { ComparedRow } from '../report/compare/compared-row';
import { attackRow, trainingRows } from '../report/compare/compared-rows';
import { flatSettings, type FlatSettings } from '../report/compare/flat-settings';
import type { ReportedRun } from '../report/compare/measurements';
import { readMetricsTail } from './metrics-tail';
import { readReport } from './report-file';
import { readRunSettings } from './run-settings';
import { sampleSteps } from './sample-files';

/** Each has some files open. */
const AT_ONCE = 64;
/** A list of a million images has some 8 MB. */
const MAX_TASK_BYTES = 2 ** 25;

/**
 * The rows of runs in a comparison, in their order. An attack on a checkpoint of one of them is a part of that run's row;
 * any other attack that was asked for has a row of its own.
 * @param wanted what is compared
 * @param all the records of the root: attacks are looked for among them
 */
export async function readComparedRows(
  root: string,
  wanted: readonly RunRecord[],
  all: readonly RunRecord[],
): Promise<ComparedRow[]> {
  const own = ownRuns(wanted);
  const rows = await atMostAtOnce(AT_ONCE, own, (record) => readComparedRun(root, record, all));
  return rows.flat();
}

/** Runs that have rows of their own: not the attacks on checkpoints of others of them. */
export function ownRuns(wanted: readonly RunRecord[]): RunRecord[] {
  const trained = new Set(wanted.filter(({ kind }) => kind === 'train').map(({ id }) => id));
  return wanted.filter((record) => record.kind === 'train' || !trained.has(attackedRun(record) ?? ''));
}

/** The training run whose checkpoint an attack run attacks; undefined of any other run. */
export function attackedRun({ kind, source }: RunRecord): string | undefined {
  return kind === 'attack' ? runOfCheckpoint(source ?? '')?.run : undefined;
}

/** The rows of one run. @param all the records of the root */
export async function readComparedRun(
  root: string,
  record: RunRecord,
  all: readonly RunRecord[],
): Promise<ComparedRow[]> {
  if (record.kind === 'attack') return [attackRow(record, await readReported(root, record))];
  const directory = runDirectory(root, record.id);
  const attacks = all.filter((other) => attackedRun(other) === record.id);
  const [settings = {}, tail, steps, reported] = await Promise.all([
    readRunSettings(root, record.id),
    readMetricsTail(directory).catch(() => ({ finals: [] })),
    sampleSteps(path.join(directory, runFile.samples)).catch(() => []),
    atMostAtOnce(2, attacks, (attack) => readReported(root, attack)),
  ]);
  return trainingRows({
    ...{ record, settings, sampleSteps: steps, ...tail },
    attacks: reported.filter((run) => run !== undefined),
  });
}

/** An attack run with its report; undefined where it has none that can be read. */
async function readReported(root: string, record: RunRecord): Promise<ReportedRun | undefined> {
  const folder = runDirectory(root, record.id);
  const [{ record: report }, source] = await Promise.all([readReport(folder), readSource(folder)]);
  return report && { record, report: withAnalysis(report), source };
}

/** Where the images of an attack come from, as its `attack.json` says it. */
async function readSource(folder: string): Promise<FlatSettings> {
  const task = await readJson(path.join(folder, runFile.attack), MAX_TASK_BYTES).catch(() => undefined);
  if (typeof task !== 'object' || task === null || !('source' in task)) return {};
  return flatSettings(task.source);
}

/**
 * The runs that names stand for: ids of runs, ids or names of groups, names of runs. Of groups or runs with one name the
 * latest is meant.
 * @param records the runs of a root, newest first
 * @throws M2atError `bad-input` for a name that nothing has
 */
export function chosenRecords(
  root: string,
  names: readonly string[],
  records: readonly RunRecord[],
): RunRecord[] {
  const found = names.flatMap((name) => {
    const byId = records.find(({ id }) => id === name);
    if (byId) return [byId];
    const group = records.find(({ group: one }) => one && (one.id === name || one.name === name))?.group;
    if (group) {
      const members = records.filter((record) => record.group?.id === group.id);
      return members.sort((a, b) => (a.group?.index ?? 0) - (b.group?.index ?? 0));
    }
    const byName = records.find((record) => record.name === name);
    if (byName) return [byName];
    throw new M2atError('bad-input', `there is no run or group ${name}`, {
      where: runsDirectory(root),
      hint: '`m2at runs` lists the runs of a folder, and their groups.',
    });
  });
  return [...new Set(found)];
}
