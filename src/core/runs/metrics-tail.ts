import path from 'node:path';
import { hasCode } from '../files/error-code';
import { withOpenFile } from '../files/open-for-reading';
import type { EvaluationRow } from '../records/run-files';
import { parseMetricLine } from './metrics-file';
import { runFile } from '../records/run-paths';

/** What the end of a run's metrics says. */
export interface MetricsTail {
  /** The evaluations that end it. */
  readonly finals: readonly EvaluationRow[];
  /** The latest one before them. */
  readonly latest?: EvaluationRow;
  /** Of work, up to the last row. */
  readonly seconds?: number;
}

const FIRST_BYTES = 2 ** 13;
/** Between two evaluations there are seldom more rows. */
const MOST_BYTES = 2 ** 22;

/** Reads `metrics.jsonl` from its end, as far as it takes to find the latest evaluation. Damaged rows are passed over. */
export async function readMetricsTail(directory: string): Promise<MetricsTail> {
  try {
    return await withOpenFile(path.join(directory, runFile.metrics), {}, async ({ handle, size }) => {
      for (let bytes = Math.min(size, FIRST_BYTES); ; bytes = Math.min(size, bytes * 8)) {
        const piece = Buffer.alloc(bytes);
        const { bytesRead } = await handle.read(piece, 0, bytes, size - bytes);
        const text = piece.toString('utf8', 0, bytesRead);
        // What it begins with may be the end of a line.
        const lines = text.split('\n').slice(bytes < size ? 1 : 0);
        const tail = tailOf(lines);
        if (tail.isWhole || bytes === size || bytes >= MOST_BYTES) return tail;
      }
    });
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return { finals: [] };
    throw error;
  }
}

/** `isWhole`: nothing before these lines would say more. */
function tailOf(lines: readonly string[]): MetricsTail & { readonly isWhole: boolean } {
  const finals: EvaluationRow[] = [];
  let seconds: number | undefined;
  let latest: EvaluationRow | undefined;
  let isWhole = false;
  for (let at = lines.length - 1; at >= 0 && !isWhole; at--) {
    const row = parseMetricLine(lines[at] ?? '')?.row;
    if (!row) continue;
    seconds ??= row.elapsedSeconds;
    if (row.kind === 'evaluation' && row.final) finals.unshift(row);
    else {
      if (row.kind === 'evaluation') latest = row;
      isWhole = latest !== undefined || finals.length > 0;
    }
  }
  return { finals, ...(latest && { latest }), ...(seconds !== undefined && { seconds }), isWhole };
}
