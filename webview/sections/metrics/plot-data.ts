import type { Interval } from '../../../src/core/report/wilson-interval';
import type { Curve, PlotData, PlotValue } from '../../plots/plot-values';
import { lowerBound } from '../../state/column';
import type { EvaluationRow } from '../../../src/core/records/run-files';
import { downsample } from './downsample';
import { evaluated, intervalOf, plottedEvaluations, type PlotDefinition } from './plot-definitions';
import type { RunSeries } from '../../state/run-series';
import { smooth, weightFor } from '../../plots/smoothing';

export interface PlotView {
  /** Visible steps; undefined: all. */
  readonly range: readonly [number, number] | undefined;
  /** Width of the plot in pixels, which bounds the number of points. */
  readonly width: number;
  /** Weight of the moving average in [0, 1). */
  readonly smoothing: number;
}

/** The curves of a plot, in drawing order, which is the order of {@link PlotData.values}. */
export function curvesOf(definition: PlotDefinition): Curve[] {
  return definition.lines.flatMap(({ id, source }): Curve[] =>
    source.kind === 'step' && source.smoothed
      ? [
          { line: id, role: 'raw' },
          { line: id, role: 'value' },
        ]
      : [{ line: id, role: 'value' }],
  );
}

/** What a plot shows of a run: its curves on common steps, reduced to what the width can show. */
export function plotData(definition: PlotDefinition, series: RunSeries, view: PlotView): PlotData {
  const allSteps = series.column('step');
  const [low, high] = view.range ?? [-Infinity, Infinity];
  // One point more on each side, so that lines run to the edge.
  const from = Math.max(0, lowerBound(allSteps, low) - 1);
  const to = Math.min(allSteps.length, lowerBound(allSteps, high) + 2);
  const weight = weightFor(view.smoothing, to - from);
  const stepCurves = definition.lines.flatMap(({ source }) => {
    if (source.kind !== 'step') return [];
    const raw = series.column(source.column);
    return source.smoothed ? [raw, smooth(raw, weight)] : [raw];
  });
  const picked =
    stepCurves.length === 0
      ? new Uint32Array()
      : downsample(stepCurves, from, to, Math.max(64, Math.floor(view.width)));
  const evaluations = around(plottedEvaluations(series.evaluations), low, high);
  // What was measured at the step of an evaluation stands beside it.
  const beside = stepCurves.length === 0 ? [] : evaluations.flatMap(({ step }) => indexOf(allSteps, step));
  const shown = unionOf(
    Array.from(picked),
    beside.filter((index) => from <= index && index < to),
  );
  const steps = unionOf(
    shown.map((index) => allSteps[index] ?? 0),
    evaluations.map((row) => row.step),
  );
  const position = new Map(steps.map((step, index) => [step, index]));
  const place = (pairs: Iterable<readonly [number, number | null]>): PlotValue[] => {
    const values = new Array<PlotValue>(steps.length).fill(undefined);
    for (const [step, value] of pairs) {
      const index = position.get(step);
      if (index !== undefined) values[index] = value !== null && Number.isFinite(value) ? value : null;
    }
    return values;
  };

  let next = 0;
  const stepValues = (): PlotValue[] => {
    const curve = stepCurves[next++] ?? new Float64Array();
    return place(shown.map((index) => [allSteps[index] ?? 0, curve[index] ?? NaN] as const));
  };
  const values = definition.lines.flatMap(({ source }): PlotValue[][] => {
    if (source.kind === 'step') return source.smoothed ? [stepValues(), stepValues()] : [stepValues()];
    return [place(evaluations.map((row) => [row.step, evaluated(row, source)] as const))];
  });
  return { steps, values, intervals: intervalsOf(definition, evaluations, position) };
}

/** Those from `low` to `high`, and one more on each side, so that lines run to the edge. */
function around(evaluations: readonly EvaluationRow[], low: number, high: number): readonly EvaluationRow[] {
  const steps = evaluations.map(({ step }) => step);
  let to = lowerBound(steps, high);
  if (steps[to] === high) to++;
  return evaluations.slice(Math.max(0, lowerBound(steps, low) - 1), to + 1);
}

function indexOf(sorted: Float64Array, value: number): number[] {
  const index = lowerBound(sorted, value);
  return sorted[index] === value ? [index] : [];
}

function intervalsOf(
  definition: PlotDefinition,
  evaluations: readonly EvaluationRow[],
  position: ReadonlyMap<number, number>,
): NonNullable<PlotData['intervals']> {
  return definition.lines.flatMap(({ source }): (Interval | undefined)[][] => {
    if (source.kind === 'step') return source.smoothed ? [[], []] : [[]];
    const list: (Interval | undefined)[] = new Array<undefined>(position.size).fill(undefined);
    for (const row of evaluations) {
      const index = position.get(row.step);
      if (index !== undefined) list[index] = intervalOf(row, source);
    }
    return [list];
  });
}

function unionOf(a: readonly number[], b: readonly number[]): number[] {
  const union: number[] = [];
  let i = 0;
  let j = 0;
  while (i < a.length || j < b.length) {
    const next = Math.min(a[i] ?? Infinity, b[j] ?? Infinity);
    union.push(next);
    while (a[i] === next) i++;
    while (b[j] === next) j++;
  }
  return union;
}
