import { lstat } from 'node:fs/promises';
import path from 'node:path';
import * as z from 'zod';
import { hasCode } from '../files/error-code';
import { M2atError, problemOf } from '../errors';
import {
  experimentSchemas,
  type ExperimentLists,
  type ResolvedExperiment,
} from '../experiment/experiment-schema';
import { builtIn } from '../registry/registry';
import { withEarlyEnd } from '../report/early-end';
import { fileError } from '../files/file-error';
import { assertOwnFolder, removeOwnFolder } from '../files/own-folders';
import { beganWith } from './draws-version';
import { readCorruptions } from './corruption-store';
import { readGalleries } from './gallery-files';
import { metricsProblem, readMetrics } from './metrics-file';
import { atMostAtOnce } from '../files/at-most-at-once';
import { readJson } from '../files/json';
import { listFolder } from '../files/list-folder';
import { readError } from '../files/open-for-reading';
import { sha256OfJson } from '../files/sha256';
import { readRecordFile } from './read-record';
import { readReport } from './report-file';
import {
  runRecord,
  runStatuses,
  type AttackReport,
  type MetricRow,
  type RunRecord,
} from '../records/run-files';
import { assertNotBeingResumed } from './run-lock';
import { withMarks } from './run-marks';
import { assertOver, ownerKeys, ownerState, wayOut } from './run-owner';
import { isOver, type Corruptions } from '../records/run-state';
import { shownText } from '../text-schema';
import { withoutKeys } from '../without-keys';
import { assertBegun, isNotBegun, NOT_BEGUN } from './not-begun';
import {
  isAttackId,
  isRunId,
  resumePoints,
  runDirectory,
  runFile,
  runsDirectory,
} from '../records/run-paths';
import { readLatestSamples, type Samples } from './sample-files';
import type { TransferTable } from '../records/transfer-files';
import { readTransfer } from './transfer-store';

export { runDirectory } from '../records/run-paths';

const MAX_SMALL_BYTES = 2 ** 20;
/** Whatever its status is. */
const storedRecord = runRecord.extend({ status: shownText });
/** Each has a file open. */
const RECORDS_AT_ONCE = 32;

/** Everything a run directory holds, as the dashboard shows it. */
export interface StoredRun {
  /** Its `warnings` have the {@link problems}, too. */
  readonly record: RunRecord;
  /** What is damaged, and so left out. */
  readonly problems: readonly string[];
  /** Names of files that carry no checksum, because a version without them wrote them. */
  readonly unverified: readonly string[];
  readonly rows: readonly MetricRow[];
  readonly samples?: Samples;
  readonly report?: AttackReport;
  /** Of an attack run: what other networks make of its examples. */
  readonly transfer?: TransferTable;
  readonly corruptions?: Corruptions;
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
  const [record, metrics, samples, stored, galleries, transferred, corrupted] = await Promise.all([
    readRecord(root, id),
    readMetrics(path.join(folder, runFile.metrics)),
    readLatestSamples(path.join(folder, runFile.samples)),
    readReport(folder),
    readGalleries(path.join(folder, runFile.gallery)),
    readTransfer(folder),
    readCorruptions(folder),
  ]);
  const { rows, count, damaged, unverified } = metrics;
  const problems = [
    metricsProblem({ rows: count, damaged }, record),
    ...[stored.problem, transferred.problem, corrupted.problem],
  ].filter((text) => text !== undefined);
  const { record: report, verified } = stored;
  return {
    record: withProblems(record, problems),
    problems,
    unverified: [
      ...(unverified > 0 ? [runFile.metrics] : []),
      ...(report && !verified ? [runFile.report] : []),
    ],
    rows,
    ...(samples ? { samples } : {}),
    ...(report ? { report: withEarlyEnd(record, report) } : {}),
    ...(galleries.length > 0 ? { galleries } : {}),
    ...(transferred.record ? { transfer: transferred.record } : {}),
    ...(corrupted.record ? { corruptions: corrupted.record } : {}),
  };
}

/** A record that says what is damaged in its run, too. */
export function withProblems(record: RunRecord, problems: readonly string[]): RunRecord {
  if (problems.length === 0) return record;
  return { ...record, warnings: [...new Set([...(record.warnings ?? []), ...problems])] };
}

/**
 * The resolved experiment of a training run.
 * @throws M2atError `bad-input` when it is missing or damaged; `unsupported` for one with what this version does not know
 */
export async function readExperiment(
  root: string,
  id: string,
  lists: ExperimentLists = builtIn,
): Promise<ResolvedExperiment> {
  const folder = runDirectory(root, id);
  await assertExists(folder, id);
  await assertBegun(root, { id, kind: 'train' });
  const file = path.join(folder, runFile.experiment);
  const record = await readRecord(root, id);
  const sum = record.checksums?.experiment;
  try {
    const json = await readJson(file, MAX_SMALL_BYTES);
    if (sum !== undefined) assertUnchanged(json, [sum], file);
    return experimentSchemas(lists).run.parse(json);
  } catch (error) {
    if (error instanceof M2atError && error.code === 'bad-input') throw error;
    const isIntact = sum !== undefined && error instanceof z.ZodError;
    const told = error instanceof M2atError ? error.hint : undefined;
    const code = isIntact ? 'unsupported' : 'bad-input';
    const what = isIntact ? 'asks for what this version of M2AT does not know' : 'is no resolved experiment';
    throw new M2atError(code, `${what}: ${reasonOf(error)}`, {
      where: file,
      hint: isIntact
        ? `Go on with ${beganWith(record)}.`
        : (told ?? 'It was damaged or changed: put a copy of it back, or start a new run.'),
      cause: error,
    });
  }
}

/** What is wrong, for a message that says itself in which file. */
function reasonOf(error: unknown): string {
  if (error instanceof z.ZodError) return z.prettifyError(error);
  return problemOf(error);
}

/**
 * @param sums what the content may be, as `sha256OfJson` makes it
 * @throws M2atError `bad-input` for any other content
 */
export function assertUnchanged(json: unknown, sums: readonly string[], file: string): void {
  if (sums.includes(sha256OfJson(json))) return;
  throw new M2atError('bad-input', 'is not as the run wrote it: it is damaged, or was changed', {
    where: file,
    hint: `Put the original back. With other settings it is another run: start a new one.`,
  });
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
    await assertOver(path.join(folder, runFile.record), await readRecord(root, id));
    await assertNotBeingResumed(path.join(folder, runFile.lock));
  }
  await removeOwnFolder(folder);
}

/**
 * The record of one run as it was written; that its process is gone shows in its status.
 * @throws M2atError `bad-input` when it is missing, damaged, or was changed; `unsupported` where a version wrote it that this
 * one can't read
 */
export async function readIntactRecord(root: string, id: string): Promise<RunRecord> {
  const file = path.join(runDirectory(root, id), runFile.record);
  let record: z.output<typeof storedRecord>;
  try {
    ({ record } = await readRecordFile(file, storedRecord, MAX_SMALL_BYTES));
  } catch (error) {
    if (error instanceof M2atError && error.code === 'unsupported') throw error;
    const known =
      error instanceof M2atError && error.code !== 'data' ? error.what : 'is damaged, or was changed';
    throw new M2atError('bad-input', hasCode(error, 'ENOENT') ? 'is missing' : known, {
      where: file,
      hint: 'Put the original back, or start a new run. Without it nobody knows whether the other files of the run are as it wrote them.',
      cause: error,
    });
  }
  // The folder's name is what commands use, also after somebody renamed it.
  return withoutDeadOwner(root, withKnownStatus({ ...record, id }));
}

/** Of a status that a later version has, its process tells what it comes to. */
function withKnownStatus(record: z.output<typeof storedRecord>): RunRecord {
  const status = runStatuses.find((known) => known === record.status);
  if (status) return { ...record, status };
  const message = `Its status is ${record.status}, which this version of M2AT does not know.`;
  return { ...record, status: record.pid === undefined ? 'stopped' : 'running', message };
}

/** The record of one run; damage, and a process that is gone, show in its status. It goes by the name that somebody gave it. */
export async function readRecord(root: string, id: string): Promise<RunRecord> {
  return withMarks(root, await readOwnRecord(root, id));
}

/** As {@link readRecord}, without what somebody says of the run. */
export async function readOwnRecord(root: string, id: string): Promise<RunRecord> {
  const folder = runDirectory(root, id);
  try {
    return await readIntactRecord(root, id);
  } catch (error) {
    const kind = isAttackId(id) ? 'attack' : 'train';
    const isMissing = error instanceof M2atError && hasCode(error.cause, 'ENOENT');
    const notBegun = isMissing && (await isNotBegun(folder, kind));
    const reason = error instanceof M2atError ? error.what : 'is damaged';
    const startedAt = await lstat(folder).then(
      ({ mtime }) => mtime.toISOString(),
      () => new Date(0).toISOString(),
    );
    return {
      version: 1,
      id,
      kind,
      name: id,
      status: 'failed',
      message: notBegun ? NOT_BEGUN : `${runFile.record} ${reason}.`,
      startedAt,
      versions: {},
    };
  }
}

/** A run whose process was killed never said that it is over. */
async function withoutDeadOwner(root: string, record: RunRecord): Promise<RunRecord> {
  if (isOver(record)) return record;
  const file = path.join(runDirectory(root, record.id), runFile.record);
  const { owner, why } = await ownerState(file, record);
  if (owner === 'alive') return record;
  if (owner === 'unknown') {
    const message = `It can't be told whether it still goes on: ${why ?? ''}. ${wayOut(record.id)}`;
    return { ...record, message };
  }
  return interrupted(root, record);
}

/** How a run reads whose process is gone. */
export async function interrupted(root: string, record: RunRecord): Promise<RunRecord> {
  const rest = withoutKeys(record, ownerKeys);
  const states =
    record.kind === 'attack'
      ? [runFile.attack]
      : resumePoints.map(({ folder, name }) => path.join(folder, name));
  const found = await Promise.all(
    states.map((state) => lstat(path.join(runDirectory(root, record.id), state)).catch(() => undefined)),
  );
  if (found.some((stats) => stats !== undefined)) {
    return { ...rest, status: 'stopped', message: 'Interrupted: its process ended. It can be resumed.' };
  }
  const what =
    record.kind === 'attack' ? `, and ${runFile.attack} is missing` : ' before the first checkpoint';
  const notBegun = await isNotBegun(runDirectory(root, record.id), record.kind);
  return {
    ...rest,
    status: 'failed',
    message: notBegun ? NOT_BEGUN : `Interrupted: its process ended${what}.`,
  };
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
