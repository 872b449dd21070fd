import type { EvaluationRow, RunRecord } from '../records/run-files';
import { attackColumn } from './attack-column';
import { table } from './text-table';

/** A training run, and its final evaluation if it got there. */
interface EvaluatedRun {
  readonly record: Pick<RunRecord, 'group'>;
  readonly final?: EvaluationRow | undefined;
}

/**
 * What runs that differ by their seed alone came to together, a row for each setting: mean ± standard deviation over the
 * seeds. Empty where no setting has two runs that got to their final evaluation.
 */
export function seedMeans(runs: readonly EvaluatedRun[]): string {
  const settings = new Map<string, EvaluationRow[]>();
  for (const { record, final } of runs) {
    const { id, setting } = record.group ?? {};
    if (setting === undefined || !final) continue;
    const key = JSON.stringify([id, setting]);
    settings.set(key, [...(settings.get(key) ?? []), final]);
  }
  const repeated = runs.flatMap(({ record: { group } }) => {
    const key = JSON.stringify([group?.id, group?.setting]);
    const finals = settings.get(key) ?? [];
    settings.delete(key);
    return finals.length > 1 ? [{ name: group?.setting ?? '', finals }] : [];
  });
  if (repeated.length === 0) return '';
  const attacks = [
    ...new Set(repeated.flatMap(({ finals }) => finals.flatMap((final) => final.attacks.map(attackColumn)))),
  ];
  const cells = repeated.map(({ name, finals }) => [
    name,
    String(finals.length),
    meanText(finals.map(({ cleanAccuracy }) => cleanAccuracy)),
    ...attacks.map((attack) =>
      meanText(
        finals.flatMap((final) => {
          const result = final.attacks.find((one) => attackColumn(one) === attack);
          return result ? [result.robustAccuracy] : [];
        }),
      ),
    ),
  ]);
  return `Mean ± standard deviation over the seeds:\n\n${table(['setting', 'seeds', 'clean', ...attacks], cells)}`;
}

/** `51.3 ± 0.8 %`, the sample's standard deviation, in points; of a single share it alone. */
function meanText(shares: readonly number[]): string {
  const { length } = shares;
  if (length === 0) return '';
  const mean = shares.reduce((sum, share) => sum + share, 0) / length;
  if (length === 1) return `${(100 * mean).toFixed(1)} %`;
  const variance = shares.reduce((sum, share) => sum + (share - mean) ** 2, 0) / (length - 1);
  return `${(100 * mean).toFixed(1)} ± ${(100 * Math.sqrt(variance)).toFixed(1)} %`;
}
