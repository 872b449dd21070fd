import * as z from 'zod';
import { hasCode } from '../files/error-code';
import { writeFileAtomic } from '../files/atomic-file';
import { fileError } from '../files/file-error';
import { parseJson } from '../files/json';
import { readError } from '../files/open-for-reading';
import { appendToFile, openToUpdate } from '../files/own-file';
import { readByteLines, type ByteLine } from '../files/read-lines';
import { sealJson, unsealJson } from '../files/sealed-json';
import { metricRow, type MetricRow, type RunRecord } from '../records/run-files';
import { runFile } from '../records/run-paths';
import { tolerant } from '../tolerant';
import { parseStepLine } from './step-line';

const otherRow = z.looseObject({ step: z.number().optional() });

/** The line of a row, with its checksum and its line break. */
export function metricLine(row: MetricRow): string {
  return `${sealJson(JSON.stringify(row))}\n`;
}

/** Appends a row to a `metrics.jsonl`. @throws M2atError `bad-input` where that is no file of the run's own; `io` */
export async function appendMetricRow(file: string, row: MetricRow): Promise<void> {
  await appendToFile(file, metricLine(row));
}

/** Flushes rows to the disk, so that a checkpoint is never newer than they are. @throws M2atError `io` */
export async function flushMetricRows(file: string): Promise<void> {
  const handle = await openToUpdate(file);
  try {
    await handle?.datasync();
  } catch (error) {
    throw fileError(error, file);
  } finally {
    await handle?.close();
  }
}

export interface ParsedLine {
  /** Undefined for one of a later version, of a kind that this one does not know. */
  readonly row: MetricRow | undefined;
  /** The step that it is of, if any. */
  readonly step: number;
  readonly verified: boolean;
}

/** The same as {@link parseMetricLine}, of the bytes of a line; faster where it is of a step. */
export function parseMetricBytes(line: Buffer): ParsedLine | undefined {
  const row = parseStepLine(line);
  return row ? { row, step: row.step, verified: true } : parseMetricLine(line.toString('utf8'));
}

/** A line of a `metrics.jsonl`; undefined for one that is no row, or not the one that was written. */
export function parseMetricLine(line: string): ParsedLine | undefined {
  try {
    const { json, verified } = unsealJson(line);
    const value = parseJson(json, '');
    const row = tolerant(metricRow).safeParse(value).data;
    const { step = 0 } = row ?? otherRow.parse(value);
    return row || verified ? { row, step, verified } : undefined;
  } catch {
    return undefined;
  }
}

export interface Metrics {
  readonly rows: readonly MetricRow[];
  /** Lines that are as they were written: the rows, and what later versions have besides. */
  readonly count: number;
  /** Lines that are no rows, or not as they were written. A torn last line is as if it had never been. */
  readonly damaged: number;
  /** Rows of earlier versions, which have no checksum. */
  readonly unverified: number;
}

/** The rows of a `metrics.jsonl` that are as they were written; a file that isn't there has none. */
export async function readMetrics(file: string): Promise<Metrics> {
  const { lines, damaged } = await linesOf(file);
  return {
    rows: rowsOf(lines),
    count: lines.length,
    damaged,
    unverified: lines.filter(({ verified }) => !verified).length,
  };
}

/**
 * What is wrong with the metrics of a run; undefined when nothing is.
 * @param rows those that are as they were written
 * @param damaged other lines
 */
export function metricsProblem(
  { rows, damaged }: { readonly rows: number; readonly damaged: number },
  { checksums }: Pick<RunRecord, 'checksums'>,
): string | undefined {
  const written = checksums?.rows ?? rows + damaged;
  if (rows === written) return undefined;
  return `${runFile.metrics} is damaged, or was changed: ${rows} of the ${written} rows that the run wrote are there.`;
}

/** Where a training goes on from. */
export interface MetricsPosition {
  readonly step: number;
  readonly evaluatedStep: number;
  /** Rows that there were; absent in checkpoints of earlier versions. */
  readonly metricRows?: number | undefined;
}

/**
 * Drops what a run that goes on from a checkpoint writes again: later rows, evaluations that the checkpoint does
 * not know of, the final evaluation, torn and damaged lines.
 * @returns the rows that stay, and whether they are all that the checkpoint knows of
 * @throws M2atError `io`
 */
export async function truncateMetricRows(
  file: string,
  { step, evaluatedStep, metricRows }: MetricsPosition,
): Promise<Pick<Metrics, 'rows' | 'count'> & { readonly complete: boolean }> {
  const { lines, damaged } = await linesOf(file);
  const kept = lines.filter((line) =>
    line.row?.kind === 'evaluation' ? line.step <= evaluatedStep && !line.row.final : line.step <= step,
  );
  await writeFileAtomic(file, kept.map(({ line }) => `${line}\n`).join(''));
  const complete = metricRows === undefined ? damaged === 0 : kept.length === metricRows;
  return { rows: rowsOf(kept), count: kept.length, complete };
}

interface MetricLine extends ParsedLine {
  readonly line: string;
}

function rowsOf(lines: readonly MetricLine[]): MetricRow[] {
  return lines.flatMap(({ row }) => row ?? []);
}

/** A million rows of 300 bytes: ten rows a second for more than a day. */
export const metricsLimits = { maxBytes: 2 ** 20 * 300, maxLineBytes: 2 ** 16 } as const;

/** @throws M2atError `io` when the file can't be read, or is above {@link metricsLimits} */
async function linesOf(file: string): Promise<{ lines: MetricLine[]; damaged: number }> {
  const lines: MetricLine[] = [];
  let damaged = 0;
  const take = ({ bytes, cut, ended }: ByteLine): undefined => {
    const text = bytes.toString('utf8');
    if (text.trim() === '') return;
    const parsed = cut ? undefined : parseMetricBytes(bytes);
    if (parsed) lines.push({ line: text, ...parsed });
    // A row is appended with its line break in one go: without it, it was torn when its process was killed.
    else if (ended) damaged++;
  };
  await readByteLines(file, metricsLimits, take).catch((error: unknown) => {
    if (!hasCode(error, 'ENOENT')) throw readError(error, file);
  });
  return { lines, damaged };
}
