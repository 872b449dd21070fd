import type { ComparedRow } from '../../../src/core/report/compare/compared-row';
import { evaluationMeasurements } from '../../../src/core/report/compare/measurements';
import { smooth, weightFor } from '../../plots/smoothing';
import * as format from '../../text/format';
import type { CompareState, ComparedSeries } from '../compare-state';
import type { OverlayLine } from './overlay-plot';
import { Polyline } from './polyline';

export type AxisName = 'step' | 'epoch' | 'time';

/** A plot in which runs are overlaid: a column of their steps, or an accuracy that can be compared. */
export interface CurvePlot {
  readonly id: string;
  readonly title: string;
  /** Under the title: which images, say. */
  readonly note: string;
  readonly about: string;
  readonly kind: 'step' | 'evaluation';
  readonly text: (value: number | undefined) => string;
  readonly isShare: boolean;
}

const STEP_PLOTS: Readonly<Record<string, readonly [title: string, about: string]>> = {
  loss: ['Training loss', 'Mean over the batch, nats'],
  batchAccuracy: ['Batch accuracy', 'Accuracy on the images that a step trained on'],
  learningRate: ['Learning rate', 'Learning rate of the optimizer at each step'],
  imagesPerSecond: ['Images per second', 'Training images processed per second'],
};
/** What the axes are made of. */
const AXES: ReadonlySet<string> = new Set(['step', 'epoch', 'elapsedSeconds']);

/** The plots that there is something for: accuracies under attack, clean ones, and what was measured at steps. */
export function curvePlots(rows: readonly ComparedRow[], state: CompareState): CurvePlot[] {
  const found = new Map<string, CurvePlot>();
  const steps = new Set<string>();
  const keys = new Map<string, Set<string>>();
  for (const row of rows) {
    const series = state.series.get(row.record.id);
    if (!series) continue;
    for (const name of series.columns.keys()) if (!AXES.has(name)) steps.add(name);
    const latest = series.evaluations.findLast(({ final }) => !final);
    for (const { key, family, title, images, about, kind } of latest ? measured(row, latest) : []) {
      const share = { text: format.percent, isShare: true };
      const name = kind === 'clean' ? 'Clean accuracy' : `Accuracy under ${title}`;
      keys.set(family, (keys.get(family) ?? new Set()).add(key));
      const note = (keys.get(family)?.size ?? 0) > 1 ? `${images}, others for each seed` : images;
      found.set(family, { id: family, title: name, note, about, kind: 'evaluation', ...share });
    }
  }
  const evaluations = [...found.values()].sort(
    (a, b) => Number(a.title === 'Clean accuracy') - Number(b.title === 'Clean accuracy'),
  );
  const known = Object.keys(STEP_PLOTS);
  const names = [
    ...known.filter((name) => steps.has(name)),
    ...[...steps].filter((name) => !known.includes(name)),
  ];
  return [
    ...evaluations,
    ...names.map((name): CurvePlot => {
      const [title, about] = STEP_PLOTS[name] ?? [name, name];
      const isShare = name === 'batchAccuracy';
      const text = isShare ? format.percent : format.measured;
      return { id: `step ${name}`, title, note: '', about, kind: 'step', text, isShare };
    }),
  ];
}

function measured(row: ComparedRow, evaluation: ComparedSeries['evaluations'][number]) {
  return evaluationMeasurements(evaluation, row.record, row.settings);
}

interface Kept {
  readonly key: string;
  readonly line: Polyline;
  readonly raw: Polyline | undefined;
}

/** The lines of plots. What a run's line is made of is kept until the run goes on, or is looked at in another way. */
export class CurveLines {
  readonly #kept = new Map<string, Kept>();

  linesOf(
    plot: CurvePlot,
    rows: readonly ComparedRow[],
    state: CompareState,
    { axis, smoothing }: { readonly axis: AxisName; readonly smoothing: number },
    colours: ReadonlyMap<string, string>,
  ): OverlayLine[] {
    return rows.flatMap((row): OverlayLine[] => {
      const { id, name } = row.record;
      const series = state.series.get(id);
      if (!series) return [];
      const place = `${plot.id}\n${id}`;
      const key = JSON.stringify([series.version, axis, plot.kind === 'step' ? smoothing : 0]);
      let kept = this.#kept.get(place);
      if (kept?.key !== key) {
        kept = {
          key,
          ...(plot.kind === 'step'
            ? stepLine(plot, series, axis, smoothing)
            : evaluationLine(plot, row, series, axis)),
        };
        this.#kept.set(place, kept);
      }
      if (kept.line.length === 0) return [];
      const { line, raw } = kept;
      return [{ run: id, name, colour: colours.get(id) ?? '', line, raw, marks: plot.kind === 'evaluation' }];
    });
  }
}

const COLUMN_OF = { step: 'step', epoch: 'epoch', time: 'elapsedSeconds' } as const;

function stepLine(
  { id }: CurvePlot,
  { columns }: ComparedSeries,
  axis: AxisName,
  smoothing: number,
): Omit<Kept, 'key'> {
  const x = columns.get(COLUMN_OF[axis])?.view() ?? new Float64Array();
  const y = columns.get(id.slice('step '.length))?.view() ?? new Float64Array();
  // A view is valid until the next row only.
  const raw = new Polyline(x.slice(), y.slice());
  // A schedule is what it is.
  if (smoothing <= 0 || id === 'step learningRate') return { line: raw, raw: undefined };
  return { line: new Polyline(raw.x, smooth(raw.y, weightFor(smoothing, raw.length))), raw };
}

function evaluationLine(
  { id }: CurvePlot,
  row: ComparedRow,
  { evaluations }: ComparedSeries,
  axis: AxisName,
): Omit<Kept, 'key'> {
  const points = evaluations.flatMap((evaluation): [number, number][] => {
    if (evaluation.final) return [];
    const found = measured(row, evaluation).find(({ family }) => family === id);
    return found ? [[evaluation[COLUMN_OF[axis]], found.accuracy]] : [];
  });
  const line = new Polyline(
    Float64Array.from(points, ([x]) => x),
    Float64Array.from(points, ([, y]) => y),
  );
  return { line, raw: undefined };
}
