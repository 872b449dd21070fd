import { readFile } from 'node:fs/promises';
import { hasCode } from '../files/error-code';
import { writeFileAtomic } from '../files/atomic-file';
import { fileError } from '../files/file-error';
import { appendToFile } from '../files/own-file';
import { metricRow, type MetricRow } from './run-files';

/** Appends a row to a `metrics.jsonl`. @throws M2atError `bad-input` where that is no file of the run's own; `io` */
export async function appendMetricRow(file: string, row: MetricRow): Promise<void> {
  await appendToFile(file, `${JSON.stringify(row)}\n`);
}

/**
 * The rows of a `metrics.jsonl`. A line that is no row (the last one, torn when its process was killed) is
 * left out; a file that isn't there has no rows.
 */
export async function readMetricRows(file: string): Promise<MetricRow[]> {
  const text = await readFile(file, 'utf8').catch((error: unknown) => {
    if (hasCode(error, 'ENOENT')) return '';
    throw fileError(error, file);
  });
  return text.split('\n').flatMap((line) => {
    const parsed = metricRow.safeParse(parseJson(line));
    return parsed.success ? [parsed.data] : [];
  });
}

/**
 * Drops what a run that goes on from a checkpoint writes again: later rows, evaluations that the checkpoint does
 * not know of, the final evaluation, and torn lines.
 * @throws M2atError `io`
 */
export async function truncateMetricRows(
  file: string,
  checkpoint: { readonly step: number; readonly evaluatedStep: number },
): Promise<void> {
  const rows = await readMetricRows(file);
  const kept = rows.filter((row) =>
    row.kind === 'step' ? row.step <= checkpoint.step : row.step <= checkpoint.evaluatedStep && !row.final,
  );
  await writeFileAtomic(file, kept.map((row) => `${JSON.stringify(row)}\n`).join(''));
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
