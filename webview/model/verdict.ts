import type { SampleGrid } from '../../src/core/runs/run-files';

type Row = SampleGrid['rows'][number];

/** How an attacked image came out: right on every picture, fooled by an attack, or wrong before any attack. */
export type Outcome = 'robust' | 'fooled' | 'misclassified';
export const sampleFilters = ['all', 'fooled', 'robust', 'misclassified'] as const;
export type SampleFilter = (typeof sampleFilters)[number];

/** The outcome of a row of an attack's grid, whose first column with a prediction is the clean image. */
export function outcomeOf(grid: SampleGrid, row: Row): Outcome {
  const labels = grid.columns.flatMap(({ key }) => row.predictions[key]?.label ?? []);
  if (labels[0] !== row.label) return 'misclassified';
  return labels.every((label) => label === row.label) ? 'robust' : 'fooled';
}

/** How many rows each filter shows. */
export function outcomeCounts(grid: SampleGrid): Record<SampleFilter, number> {
  const counts = { all: grid.rows.length, fooled: 0, robust: 0, misclassified: 0 };
  for (const row of grid.rows) counts[outcomeOf(grid, row)]++;
  return counts;
}

export function passes(filter: SampleFilter, grid: SampleGrid, row: Row): boolean {
  return filter === 'all' || outcomeOf(grid, row) === filter;
}

/** The name of a class; `class 7` where the grid has no name for it. */
export function className(grid: SampleGrid, label: number): string {
  return grid.classNames[label] ?? `class ${label}`;
}
