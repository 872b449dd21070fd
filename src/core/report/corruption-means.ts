import type { CorruptionTable } from '../records/corruption-files';

type Rows = CorruptionTable['rows'];

/** The mean accuracy of rows; undefined without any. */
export function meanOf(rows: Rows): number | undefined {
  if (rows.length === 0) return undefined;
  // Rounding must not bring it above 1.
  return Math.min(1, rows.reduce((sum, { accuracy }) => sum + accuracy, 0) / rows.length);
}

/** The row of a corruption and severity, once it is measured. */
export function rowOf({ rows }: CorruptionTable, name: string, severity: number): Rows[number] | undefined {
  return rows.find((row) => row.corruption === name && row.severity === severity);
}

/** Where the images come from, for people. */
export function originText({ origin, constants, folder }: CorruptionTable): string {
  if (origin === 'files') return `Corruptions from the files in ${folder ?? 'a folder'}`;
  return `Corruptions computed here, with the constants of ${constants ?? 'an unknown set'}`;
}

/** Whether everything that was asked for is measured. */
export function isComplete({ rows, corruptions: asked, severities }: CorruptionTable): boolean {
  return rows.length >= asked.length * severities.length;
}
