import { valuesOf, type EvaluationRow, type MetricRow } from '../../src/core/records/run-files';
import { mostColumns, type StepColumns } from '../../src/core/records/step-columns';
import { replaces, type MetricRows } from '../../src/core/records/run-state';
import { Column, lowerBound } from './column';

/** The metric rows of a run, in ascending order of steps. */
export class RunSeries implements MetricRows {
  /** The measurements of training steps. A value that was not finite, or not measured, is NaN. */
  readonly #columns = new Map<string, Column>();
  readonly #evaluations: EvaluationRow[] = [];

  /** Number of step rows. */
  get length(): number {
    return this.#columns.get('step')?.length ?? 0;
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

  /** What is measured at steps, by the names of the columns. */
  get names(): Iterable<string> {
    return this.#columns.keys();
  }

  column(name: string): Float64Array {
    return this.#columns.get(name)?.view() ?? new Float64Array();
  }

  /** The value of the newest step row; NaN when there is none. */
  latest(name: string): number {
    return this.#columns.get(name)?.at(this.length - 1) ?? NaN;
  }

  /** Seconds of work up to the newest row of any kind. */
  get elapsedSeconds(): number {
    const step = this.latest('elapsedSeconds');
    return Math.max(Number.isNaN(step) ? 0 : step, this.latestEvaluation?.elapsedSeconds ?? 0);
  }

  clear(): void {
    this.#columns.clear();
    this.#evaluations.length = 0;
  }

  /** Begins anew with all rows of a run: its steps, and others, whose order among themselves alone counts. */
  reset(steps: StepColumns, others: readonly MetricRow[]): void {
    this.clear();
    for (const row of others) this.append(row);
    if (steps.length > 0) this.#columns.clear();
    for (const { name, values } of steps) this.#columns.set(name, Column.of(values));
  }

  append(row: MetricRow): void {
    const again = row.kind === 'step' ? row.step : row.step + 1;
    if (again <= this.latest('step')) {
      const keep = lowerBound(this.column('step'), again);
      for (const column of this.#columns.values()) column.truncate(keep);
    }
    while (this.latestEvaluation && replaces(row, this.latestEvaluation)) this.#evaluations.pop();
    if (row.kind === 'evaluation') this.#evaluations.push(row);
    else this.#appendStep(new Map(valuesOf(row)));
  }

  #appendStep(values: ReadonlyMap<string, number>): void {
    const { length } = this;
    for (const name of values.keys()) {
      if (this.#columns.has(name) || this.#columns.size === mostColumns) continue;
      const column = new Column();
      for (let n = 0; n < length; n++) column.push(NaN);
      this.#columns.set(name, column);
    }
    for (const [name, column] of this.#columns) column.push(values.get(name) ?? NaN);
  }
}
