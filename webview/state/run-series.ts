import type { EvaluationRow, MetricRow } from '../../src/core/records/run-files';
import { replaces, type MetricRows } from '../../src/core/records/run-state';
import { Column, lowerBound } from './column';

/** The measurements of a training step, in columns. A value that was not finite is NaN. */
export const stepFields = [
  'step',
  'epoch',
  'elapsedSeconds',
  'loss',
  'batchAccuracy',
  'learningRate',
  'imagesPerSecond',
] as const;
export type StepField = (typeof stepFields)[number];

/** The metric rows of a run, in ascending order of steps. */
export class RunSeries implements MetricRows {
  readonly #columns = Object.fromEntries(stepFields.map((field) => [field, new Column()])) as Record<
    StepField,
    Column
  >;
  readonly #evaluations: EvaluationRow[] = [];

  /** Number of step rows. */
  get length(): number {
    return this.#columns.step.length;
  }

  get evaluations(): readonly EvaluationRow[] {
    return this.#evaluations;
  }

  get latestEvaluation(): EvaluationRow | undefined {
    return this.#evaluations.at(-1);
  }

  /** The evaluation before the latest one of the same kind, to tell how it changed. */
  get previousEvaluation(): EvaluationRow | undefined {
    const latest = this.latestEvaluation;
    return latest && !latest.final ? this.#evaluations.at(-2) : undefined;
  }

  column(field: StepField): Float64Array {
    return this.#columns[field].view();
  }

  /** The value of the newest step row; NaN when there is none. */
  latest(field: StepField): number {
    return this.#columns[field].at(this.length - 1);
  }

  /** Seconds of work up to the newest row of any kind. */
  get elapsedSeconds(): number {
    const step = this.latest('elapsedSeconds');
    return Math.max(Number.isNaN(step) ? 0 : step, this.latestEvaluation?.elapsedSeconds ?? 0);
  }

  clear(): void {
    for (const field of stepFields) this.#columns[field].truncate(0);
    this.#evaluations.length = 0;
  }

  append(row: MetricRow): void {
    const again = row.kind === 'step' ? row.step : row.step + 1;
    if (again <= this.latest('step')) {
      const keep = lowerBound(this.column('step'), again);
      for (const field of stepFields) this.#columns[field].truncate(keep);
    }
    while (this.latestEvaluation && replaces(row, this.latestEvaluation)) this.#evaluations.pop();
    if (row.kind === 'evaluation') this.#evaluations.push(row);
    else for (const field of stepFields) this.#columns[field].push(row[field] ?? NaN);
  }
}
