import path from 'node:path';
import { printableLines } from '../core/printable';
import type { EvaluationRow, RunRecord } from '../core/records/run-files';
import { comparison } from '../core/report/comparison';
import { runDirectory } from '../core/runs/run-store';

/**
 * What training runs came to, for people who read a terminal: final accuracies, why a run failed, and where the runs are.
 * @param finals the final evaluations of those that got there, by the run's id
 */
export function trainSummary(
  records: readonly RunRecord[],
  finals: ReadonlyMap<string, EvaluationRow>,
  root: string,
): string {
  const compared = comparison(records.map((record) => ({ record, final: finals.get(record.id) })));
  const failures = records.flatMap(({ name, status, message }) =>
    message === undefined ? [] : [`\n${printableLines(`${name} ${status}: ${message}`)}\n`],
  );
  const paths = records.map(({ id, status }) => {
    const note = status === 'done' ? '' : `  (${status})`;
    return `  ${path.relative('.', runDirectory(root, id)) || '.'}${note}\n`;
  });
  return `${compared && `\n${compared}`}${failures.join('')}\nRun directories:\n${paths.join('')}`;
}
