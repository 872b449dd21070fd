import type { RunRecord } from '../../core/records/run-files';
import { comparedRun, comparison } from '../../core/report/comparison';
import type { HostRunState } from './run-state';

/**
 * What the training runs of one file came to, as a table for the log; empty for a single run, and where none got to its
 * final evaluation.
 */
export async function compareRuns(
  runs: { load(id: string): Promise<Pick<HostRunState, 'rows'> | undefined> },
  records: readonly RunRecord[],
): Promise<string> {
  if (records.length < 2 || records.some(({ kind }) => kind !== 'train')) return '';
  const compared = records.map(async (record) => {
    const rows = (await runs.load(record.id))?.rows.all ?? [];
    return comparedRun(record, rows);
  });
  return comparison(await Promise.all(compared));
}
