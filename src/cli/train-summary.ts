import path from 'node:path';
import type { EvaluationRow, RunRecord } from '../core/records/run-files';
import { runDirectory } from '../core/runs/run-store';
import { accuracyCell, clock, table } from './table';

/**
 * What training runs came to, for people who read a terminal: final accuracies, and where the runs are.
 * @param finals the final evaluations of those that got there, by the run's id
 */
export function trainSummary(
  records: readonly RunRecord[],
  finals: ReadonlyMap<string, EvaluationRow>,
  root: string,
): string {
  const rows = records.flatMap((record) => {
    const final = finals.get(record.id);
    return final ? [{ record, final }] : [];
  });
  const paths = records.map(({ id, status, message }) => {
    const note = status === 'done' ? '' : `  (${status}${message ? `: ${message}` : ''})`;
    return `  ${path.relative('.', runDirectory(root, id)) || '.'}${note}\n`;
  });
  return `${rows.length === 0 ? '' : accuracyTable(rows)}\nRun directories:\n${paths.join('')}`;
}

function accuracyTable(
  rows: readonly { readonly record: RunRecord; readonly final: EvaluationRow }[],
): string {
  const attacks = [...new Set(rows.flatMap(({ final }) => final.attacks.map(columnOf)))];
  const some = rows.some(({ final }) => final.attacks.some(({ count }) => count !== undefined));
  // The runs of a file may be evaluated on different numbers of images.
  const counts = [...new Set(rows.map(({ final }) => final.count))];
  const differ = counts.length > 1;
  const results = table(
    ['network', ...(differ ? ['images'] : []), 'clean', ...attacks, 'time'],
    rows.map(({ record, final }) => [
      record.name,
      ...(differ ? [String(final.count)] : []),
      accuracyCell(final.cleanAccuracy, final.cleanAccuracyInterval),
      ...attacks.map((name) => {
        const result = final.attacks.find((one) => columnOf(one) === name);
        return result ? accuracyCell(result.robustAccuracy, result.robustAccuracyInterval) : '';
      }),
      clock(final.elapsedSeconds),
    ]),
  );
  const images = differ ? 'test images' : `${counts.join()} test images`;
  const fewer = some ? ', or on the first ones where a column says how many' : '';
  return `\nAccuracy on ${images}${fewer}, clean and under attack (95 % interval):\n\n${results}\n`;
}

/** An attack by its title, with its number of images where that is not the evaluation's. */
function columnOf({ attack, count }: EvaluationRow['attacks'][number]): string {
  return count === undefined ? attack : `${attack} (on ${count})`;
}
