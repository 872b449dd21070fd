import type { EvaluationRow, MetricRow, StepRow } from '../../src/core/records/run-files';
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
export class RunSeries {
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

  append(rows: readonly MetricRow[]): void {
    for (const row of rows) {
      if (row.kind === 'step') this.#appendStep(row);
      else this.#appendEvaluation(row);
    }
  }

  /** A resumed run may repeat steps that it had done after its checkpoint: the newer row replaces the older. */
  #appendStep(row: StepRow): void {
    if (row.step <= this.latest('step')) {
      const keep = lowerBound(this.column('step'), row.step);
      for (const field of stepFields) this.#columns[field].truncate(keep);
      while ((this.latestEvaluation?.step ?? -1) >= row.step) this.#evaluations.pop();
    }
    for (const field of stepFields) this.#columns[field].push(row[field] ?? NaN);
  }

  #appendEvaluation(row: EvaluationRow): void {
    while (this.latestEvaluation && replaces(row, this.latestEvaluation)) this.#evaluations.pop();
    this.#evaluations.push(row);
  }
}

function replaces(row: EvaluationRow, earlier: EvaluationRow): boolean {
  return row.step < earlier.step || (row.step === earlier.step && row.final === earlier.final);
}
