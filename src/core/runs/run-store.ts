import { lstat, stat } from 'node:fs/promises';
import { uptime } from 'node:os';
import path from 'node:path';
import { hasCode } from '../files/error-code';
import { M2atError, messageOf } from '../errors';
import { resolvedExperiment, type ResolvedExperiment } from '../experiment/experiment-schema';
import { withEarlyEnd } from '../report/early-end';
import { fileError } from '../files/file-error';
import { assertOwnFolder, removeOwnFolder } from '../files/own-folders';
import { readGalleries } from './gallery-files';
import { readMetricRows } from './metrics-file';
import { isAlive } from '../files/process-alive';
import { atMostAtOnce } from '../files/at-most-at-once';
import { readJson } from '../files/json';
import { listFolder } from '../files/list-folder';
import { readError } from '../files/open-for-reading';
import { attackReport, runRecord, type AttackReport, type MetricRow, type RunRecord } from './run-files';
import { withoutKeys } from './without-keys';
import { isRunId, runDirectory, runFile, runsDirectory } from './run-paths';
import { readLatestSamples, type Samples } from './sample-files';
import type { TransferTable } from './transfer-files';
import { readTransfer } from './transfer-store';

export { runDirectory } from './run-paths';

const MAX_SMALL_BYTES = 2 ** 20;
/** Each has a file open. */
const RECORDS_AT_ONCE = 32;
/** Milliseconds by which a clock may be set while a run goes on. */
const CLOCK_SLACK = 3_600_000;
/** Milliseconds by which a file can seem older than it is: some file systems count in steps of two seconds. */
const FILE_TIME_SLACK = 2000;
/** 10 000 images under 32 attacks have some 60 MB. */
export const MAX_REPORT_BYTES = 2 ** 28;

/** Everything a run directory holds, as the dashboard shows it. */
export interface StoredRun {
  readonly record: RunRecord;
  readonly rows: readonly MetricRow[];
  readonly samples?: Samples;
  readonly report?: AttackReport;
  /** Of an attack run: what other networks make of its examples. */
  readonly transfer?: TransferTable;
  /** Of an attack run, by the places of their attacks. */
  readonly galleries?: readonly Samples[];
}

/**
 * The runs of a root, newest first. A folder without a readable `run.json` is listed as failed, with the reason;
 * what is no run directory at all is left out.
 * @throws M2atError `bad-input` when the folder is a link to where the user does not allow runs; `io`
 */
export async function listRuns(root: string): Promise<RunRecord[]> {
  const folder = runsDirectory(root);
  await assertOwnFolder(folder);
  const entries = await listFolder(folder).catch((error: unknown) => {
    if (hasCode(error, 'ENOENT')) return [];
    throw readError(error, folder);
  });
  const ids = entries.filter((entry) => entry.isDirectory() && isRunId(entry.name)).map(({ name }) => name);
  const records = await atMostAtOnce(RECORDS_AT_ONCE, ids, (id) => readRecord(root, id));
  return records.sort((a, b) => b.startedAt.localeCompare(a.startedAt) || b.id.localeCompare(a.id));
}

/**
 * @returns what is on the disk; damaged parts are left out
 * @throws M2atError `bad-input` when there is no such run
 */
export async function readRun(root: string, id: string): Promise<StoredRun> {
  const folder = runDirectory(root, id);
  await assertExists(folder, id);
  const [record, rows, samples, report, galleries, transfer] = await Promise.all([
    readRecord(root, id),
    readMetricRows(path.join(folder, runFile.metrics)),
    readLatestSamples(path.join(folder, runFile.samples)),
    readReport(path.join(folder, runFile.report)),
    readGalleries(path.join(folder, runFile.gallery)),
    readTransfer(folder),
  ]);
  return {
    record,
    rows,
    ...(samples ? { samples } : {}),
    ...(report ? { report: withEarlyEnd(record, report) } : {}),
    ...(galleries.length > 0 ? { galleries } : {}),
    ...(transfer ? { transfer } : {}),
  };
}

/** The resolved experiment of a training run. @throws M2atError `bad-input` when it is missing or damaged */
export async function readExperiment(root: string, id: string): Promise<ResolvedExperiment> {
  const folder = runDirectory(root, id);
  await assertExists(folder, id);
  const file = path.join(folder, runFile.experiment);
  try {
    return resolvedExperiment.parse(await readJson(file, MAX_SMALL_BYTES));
  } catch (error) {
    throw new M2atError('bad-input', `is no resolved experiment: ${messageOf(error)}`, {
      where: file,
      hint: 'Only training runs have one, and it is written by the program.',
      cause: error,
    });
  }
}

/**
 * Removes a run and all its files. A link is removed, never what it points to.
 * @throws M2atError `bad-input` when there is no such run, or it is still going on
 */
export async function deleteRun(root: string, id: string): Promise<void> {
  const folder = runDirectory(root, id);
  const found = await lstat(folder).catch(() => undefined);
  if (!found?.isSymbolicLink()) {
    await assertExists(folder, id);
    const record = await readRecord(root, id);
    if (!isOver(record)) {
      throw new M2atError('bad-input', `the run ${id} is still going on`, { hint: 'Stop it first.' });
    }
  }
  await removeOwnFolder(folder);
}

export function isOver({ status }: RunRecord): boolean {
  return status === 'done' || status === 'stopped' || status === 'failed';
}

/** The record of one run; damage, and a process that is gone, show in its status. */
export async function readRecord(root: string, id: string): Promise<RunRecord> {
  const file = path.join(runDirectory(root, id), runFile.record);
  try {
    const record = runRecord.parse(await readJson(file, MAX_SMALL_BYTES));
    // The folder's name is what commands use, also after somebody renamed it.
    return await withoutDeadOwner(root, { ...record, id });
  } catch (error) {
    const missing = hasCode(error, 'ENOENT') ? 'is missing' : 'is damaged';
    const reason = error instanceof M2atError ? error.what : missing;
    const startedAt = await lstat(path.dirname(file)).then(
      ({ mtime }) => mtime.toISOString(),
      () => new Date(0).toISOString(),
    );
    return {
      version: 1,
      id,
      kind: id.includes('-attack-') ? 'attack' : 'train',
      name: id,
      status: 'failed',
      message: `${runFile.record} ${reason}.`,
      startedAt,
      versions: {},
    };
  }
}

/** A run whose process was killed never said that it is over. */
async function withoutDeadOwner(root: string, record: RunRecord): Promise<RunRecord> {
  const file = path.join(runDirectory(root, record.id), runFile.record);
  if (isOver(record) || (await hasOwner(file, record))) return record;
  const rest = withoutKeys(record, ['pid']);
  const state = record.kind === 'attack' ? runFile.attack : path.join(runFile.lastCheckpoint, 'model.json');
  const resumable = await lstat(path.join(runDirectory(root, record.id), state)).then(
    () => true,
    () => false,
  );
  return resumable
    ? { ...rest, status: 'stopped', message: 'Interrupted: its process ended. It can be resumed.' }
    : { ...rest, status: 'failed', message: 'Interrupted: its process ended before the first checkpoint.' };
}

/**
 * Its process is there; one that happens to have the same id since the machine was started anew is not it, nor is
 * this process when it began later (in a container every program has the same few ids).
 */
async function hasOwner(file: string, { pid }: RunRecord): Promise<boolean> {
  if (pid === undefined || !isAlive(pid)) return false;
  const earliest =
    pid === process.pid
      ? performance.timeOrigin - FILE_TIME_SLACK
      : Date.now() - uptime() * 1000 - CLOCK_SLACK;
  return (await stat(file)).mtimeMs > earliest;
}

async function readReport(file: string): Promise<AttackReport | undefined> {
  try {
    return attackReport.parse(await readJson(file, MAX_REPORT_BYTES));
  } catch {
    return undefined;
  }
}

/** @throws M2atError `bad-input` when there is no such run, or a link in its place */
export async function assertExists(folder: string, id: string): Promise<void> {
  await assertOwnFolder(folder);
  try {
    await lstat(folder);
  } catch (error) {
    if (!hasCode(error, 'ENOENT')) throw fileError(error, folder);
    throw new M2atError('bad-input', `there is no run ${id}`, {
      where: path.dirname(folder),
      hint: '`m2at runs` lists the runs of a folder.',
    });
  }
}
