import path from 'node:path';
import { printableLines } from '../core/printable';
import type { CorruptionTable } from '../core/records/corruption-files';
import type { EvaluationRow, RunRecord } from '../core/records/run-files';
import { corruptionText } from '../core/report/corruption-text';
import { comparedRun, comparison } from '../core/report/comparison';
import { runDirectory } from '../core/runs/run-store';

/**
 * What training runs came to, for people who read a terminal: final accuracies, why a run failed, and where the runs are.
 * @param finals the final evaluations of those that got there, by the run's id
 * @param corrupted what they measured under corruptions, where they did
 */
export function trainSummary(
  records: readonly RunRecord[],
  finals: ReadonlyMap<string, readonly EvaluationRow[]>,
  root: string,
  corrupted: ReadonlyMap<string, CorruptionTable> = new Map(),
): string {
  const compared = comparison(records.map((record) => comparedRun(record, finals.get(record.id) ?? [])));
  const tables = records.flatMap(({ id, name }) => {
    const table = corrupted.get(id);
    return table ? [`\n${printableLines(name)}. ${corruptionText(table)}\n`] : [];
  });
  // Below the table it is said already.
  const failures = records.flatMap(({ name, status, message }) =>
    message === undefined || (compared && status === 'failed')
      ? []
      : [`\n${printableLines(`${name} ${status}: ${message}`)}\n`],
  );
  const paths = records.map(({ id, status }) => {
    const note = status === 'done' ? '' : `  (${status})`;
    return `  ${path.relative('.', runDirectory(root, id)) || '.'}${note}\n`;
  });
  return `${compared && `\n${compared}`}${tables.join('')}${failures.join('')}\nRun directories:\n${paths.join('')}`;
}
