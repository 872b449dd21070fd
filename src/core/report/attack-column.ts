import type { EvaluationRow } from '../records/run-files';

/** An attack by its title, with its number of images where that is not the evaluation's. */
export function attackColumn({ attack, count }: EvaluationRow['attacks'][number]): string {
  return count === undefined ? attack : `${attack} (on ${count})`;
}
