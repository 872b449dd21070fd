import type { CorruptionTable } from '../../../src/core/records/corruption-files';
import { meanOf, rowOf } from '../../../src/core/report/corruption-means';
import type { Interval } from '../../../src/core/report/wilson-interval';

export interface CorruptionCell {
  /** Fraction in [0, 1]; undefined before it is measured. */
  readonly accuracy: number | undefined;
  readonly interval?: Interval | undefined;
}

/** A line of the heat map. */
export interface CorruptionRow {
  readonly title: string;
  /** Such as `noise`, where the line is a corruption. */
  readonly family: string;
  /** One a severity. */
  readonly cells: readonly CorruptionCell[];
  /** Over the severities. */
  readonly mean: CorruptionCell;
}

/** A line a corruption, in the order of the table. */
export function corruptionRows(table: CorruptionTable): CorruptionRow[] {
  const { corruptions, severities, rows } = table;
  return corruptions.map(({ name, title, family }) => ({
    title,
    family,
    cells: severities.map((severity) => {
      const row = rowOf(table, name, severity);
      return { accuracy: row?.accuracy, interval: row?.accuracyInterval };
    }),
    mean: { accuracy: meanOf(rows.filter(({ corruption }) => corruption === name)) },
  }));
}

/** The means over the corruptions that are measured, of each severity and of all. */
export function meanRow({
  severities,
  rows,
  meanAccuracy,
  meanAccuracyInterval,
}: CorruptionTable): CorruptionRow {
  return {
    title: 'Mean',
    family: '',
    cells: severities.map((severity) => ({
      accuracy: meanOf(rows.filter((row) => row.severity === severity)),
    })),
    mean: { accuracy: meanAccuracy, interval: meanAccuracyInterval },
  };
}
