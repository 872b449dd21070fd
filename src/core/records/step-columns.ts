import * as z from 'zod';
import type { MetricRow, StepRow } from './run-files';

/** Of rows whose columns have names without end, those that are held. */
export const mostColumns = 64;

const column = z.strictObject({
  name: z.string(),
  /** A value a row; NaN where it was not measured, or not finite. */
  values: z.instanceof(Float64Array),
});

/** The rows of the steps of a run, in columns: a hundred thousand of them are sent and checked at once. */
export const stepColumns = z
  .array(column)
  .max(mostColumns)
  .superRefine((columns, context) => {
    const problem = problemOf(columns);
    if (problem !== undefined) context.addIssue({ code: 'custom', message: problem });
  });
export type StepColumns = z.output<typeof stepColumns>;

function problemOf(columns: readonly z.output<typeof column>[]): string | undefined {
  const [steps] = columns;
  if (!steps) return undefined;
  if (steps.name !== 'step') return 'begin with another column than that of the steps';
  if (new Set(columns.map(({ name }) => name)).size < columns.length) return 'have a column twice';
  const odd = columns.find(({ values }) => values.length !== steps.values.length);
  if (odd) return 'have columns of different lengths';
  let before = -1;
  for (const step of steps.values) {
    if (!Number.isSafeInteger(step) || step <= before) return 'are not in the order of their steps';
    before = step;
  }
  return columns.some(({ values }) => hasInfinite(values)) ? 'have values that are not finite' : undefined;
}

/** By a loop: a call for each of a million values takes as long as drawing them. */
function hasInfinite(values: Float64Array): boolean {
  for (const value of values) if (value === Infinity || value === -Infinity) return true;
  return false;
}

/** All rows of a run, none of which takes another's place: its steps in columns, and the others. */
export function inColumns(all: readonly MetricRow[]): { rows: MetricRow[]; steps?: StepColumns } {
  const steps = all.filter((row) => row.kind === 'step');
  const rows = all.filter((row) => row.kind !== 'step');
  return steps.length === 0 ? { rows } : { rows, steps: columnsOf(steps) };
}

function columnsOf(steps: readonly StepRow[]): StepColumns {
  const columns = new Map([['step', new Float64Array(steps.length)]]);
  let at = 0;
  for (const row of steps) {
    // Entries would be a list a row.
    for (const name in row) {
      const value = valueOf(row, name);
      if (typeof value !== 'number' && value !== null) continue;
      let column = columns.get(name);
      if (!column) {
        if (columns.size === mostColumns) continue;
        column = new Float64Array(steps.length).fill(NaN);
        columns.set(name, column);
      }
      column[at] = value !== null && Number.isFinite(value) ? value : NaN;
    }
    at++;
  }
  return [...columns].map(([name, values]) => ({ name, values }));
}

function valueOf(row: Readonly<Record<string, unknown>>, name: string): unknown {
  return row[name];
}
