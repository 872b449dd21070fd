import type { AttackReport } from '../records/run-files';
import { wilsonInterval, type Interval } from './wilson-interval';

export interface Accuracies {
  readonly cleanAccuracy: number;
  readonly robustAccuracy: number;
}

/** The intervals of accuracies that are shares of the same `count` images; empty without images. */
export function accuracyIntervals(
  { cleanAccuracy, robustAccuracy }: Accuracies,
  count: number,
): { cleanAccuracyInterval?: Interval; robustAccuracyInterval?: Interval } {
  const clean = wilsonInterval(cleanAccuracy, count);
  return { ...(clean && { cleanAccuracyInterval: clean }), ...robustInterval(robustAccuracy, count) };
}

/** The interval of a single robust accuracy, as a part of what has it. */
export function robustInterval(robustAccuracy: number, count: number): { robustAccuracyInterval?: Interval } {
  const robust = wilsonInterval(robustAccuracy, count);
  return robust ? { robustAccuracyInterval: robust } : {};
}

/** A report whose accuracies have their intervals, but for its analysis; reports of earlier versions have none. */
export function withIntervals(report: AttackReport): AttackReport {
  if (report.cleanAccuracyInterval) return report;
  const { attacks, groups, count } = report;
  return {
    ...report,
    ...accuracyIntervals(report, count),
    ...(groups && {
      groups: groups.map((group, place) => {
        const last = attacks.findLast((attack) => attack.group === place);
        return { ...group, ...robustInterval(group.robustAccuracy, last?.images.length ?? 0) };
      }),
    }),
    // An attack that is not through with every image has a share of those so far.
    attacks: attacks.map((attack) => ({
      ...attack,
      ...robustInterval(attack.robustAccuracy, attack.images.length),
    })),
  };
}
