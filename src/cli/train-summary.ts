import path from 'node:path';
import type { EvaluationRow, RunRecord } from '../core/records/run-files';
import { comparison } from '../core/report/comparison';
import { runDirectory } from '../core/runs/run-store';

/**
 * What training runs came to, for people who read a terminal: final accuracies, and where the runs are.
 * @param finals the final evaluations of those that got there, by the run's id
 */
export function trainSummary(
  records: readonly RunRecord[],
  finals: ReadonlyMap<string, EvaluationRow>,
  root: string,
): string {
  const compared = comparison(records.map((record) => ({ record, final: finals.get(record.id) })));
  const paths = records.map(({ id, status, message }) => {
    const note = status === 'done' ? '' : `  (${status}${message ? `: ${message}` : ''})`;
    return `  ${path.relative('.', runDirectory(root, id)) || '.'}${note}\n`;
  });
  return `${compared && `\n${compared}`}\nRun directories:\n${paths.join('')}`;
}
