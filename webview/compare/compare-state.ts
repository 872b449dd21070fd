import type { EvaluationRow } from '../../src/core/records/run-files';
import type { Samples } from '../../src/core/records/run-state';
import type { ComparedRow } from '../../src/core/report/compare/compared-row';
import type { ToCompare } from '../../src/protocol/compare-protocol';
import { Column } from '../state/column';

/** What changed: the rows of runs, their curves, or their pictures. */
export type ComparePart = 'rows' | 'series' | 'samples';

/** The metrics of a run, as far as they came. */
export interface ComparedSeries {
  readonly columns: ReadonlyMap<string, Column>;
  readonly evaluations: readonly EvaluationRow[];
  /** Grows whenever something changed. */
  readonly version: number;
}

/** Pictures of a run that are kept, by their steps. */
const MOST_GRIDS = 24;

/** Everything that the page knows of what is compared. */
export class CompareState {
  rows: readonly ComparedRow[] = [];
  trusted = false;
  readonly series = new Map<string, ComparedSeries>();
  readonly samples = new Map<string, Map<number, Samples>>();

  /** Takes a message in and tells what it changed. */
  apply(message: ToCompare): readonly ComparePart[] {
    switch (message.type) {
      case 'state':
        this.rows = message.rows;
        this.trusted = message.trusted;
        this.series.clear();
        return ['rows', 'series', 'samples'];
      case 'rows': {
        const changed = new Set([...message.gone, ...message.rows.map(({ record }) => record.id)]);
        const places = new Map(this.rows.map(({ record }, at) => [record.id, at]));
        const kept = this.rows.filter(({ record }) => !changed.has(record.id));
        // A run stays in its place; one that is new comes last.
        const placed = [...kept, ...message.rows].map((row, at) => ({
          row,
          place: places.get(row.record.id) ?? this.rows.length + at,
        }));
        this.rows = placed.sort((a, b) => a.place - b.place).map(({ row }) => row);
        for (const run of message.gone) {
          this.series.delete(run);
          this.samples.delete(run);
        }
        return ['rows', 'series', 'samples'];
      }
      case 'series':
        this.#takeSeries(message);
        return ['series'];
      case 'samples': {
        const { run, grid, png } = message;
        const grids = this.samples.get(run) ?? new Map<number, Samples>();
        grids.delete(grid.step);
        grids.set(grid.step, { grid, png });
        const [oldest] = grids.keys();
        if (grids.size > MOST_GRIDS && oldest !== undefined) grids.delete(oldest);
        this.samples.set(run, grids);
        return ['samples'];
      }
    }
  }

  /** The runs that are trained, in order: a run may have several rows. */
  get trained(): readonly ComparedRow[] {
    const seen = new Set<string>();
    return this.rows.filter(({ record }) => {
      if (record.kind !== 'train' || seen.has(record.id)) return false;
      seen.add(record.id);
      return true;
    });
  }

  #takeSeries({ run, from, columns, evaluations }: Extract<ToCompare, { type: 'series' }>): void {
    const before = this.series.get(run);
    const all = new Map(before?.columns);
    const known = Math.max(0, ...[...all.values()].map(({ length }) => length));
    // What is not there can't be kept.
    const kept = Math.min(from, known);
    const added = Math.max(0, ...Object.values(columns).map(({ length }) => length));
    for (const name of Object.keys(columns)) {
      if (all.has(name)) continue;
      const column = new Column(Math.max(16, kept + added));
      for (let at = 0; at < kept; at++) column.push(NaN);
      all.set(name, column);
    }
    for (const [name, column] of all) {
      column.truncate(kept);
      const values = columns[name];
      for (let at = 0; at < added; at++) column.push(values?.[at] ?? NaN);
    }
    this.series.set(run, {
      columns: all,
      evaluations: evaluations.filter((row): row is EvaluationRow => row.kind === 'evaluation'),
      version: (before?.version ?? 0) + 1,
    });
  }
}
