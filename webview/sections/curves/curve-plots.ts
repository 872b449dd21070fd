import type { ReportAnalysis } from '../../../src/core/records/run-files';
import { normName, normText } from '../../text/attack-norm';
import * as format from '../../text/format';
import type { ChartColour, LineStyle, PlotAxis, PlotContent, PlotFrame } from '../../plots/plot-frame';
import type { PlotData } from '../../plots/plot-values';
import type { TableSource } from '../../text/table-source';

type AccuracyCurve = ReportAnalysis['curves'][number];

export interface CurvePlot {
  readonly frame: PlotFrame;
  readonly content: PlotContent;
}

const colours: readonly ChartColour[] = ['orange', 'blue', 'green', 'purple', 'red', 'yellow'];

/** Accuracy against epsilon: one plot a norm, one line a curve. */
export function curvePlots(curves: readonly AccuracyCurve[]): CurvePlot[] {
  const norms = [...new Set(curves.map(({ norm }) => norm))];
  return norms.map((norm) =>
    curvePlot(
      norm,
      curves.filter((curve) => curve.norm === norm),
    ),
  );
}

function curvePlot(norm: string, curves: readonly AccuracyCurve[]): CurvePlot {
  const frame: PlotFrame = {
    id: `curve-${norm}`,
    title: `Accuracy against ${normName(norm)} epsilon`,
    description: 'Share of images that stay classified correctly under perturbations up to each size.',
    format: format.percent,
    range: 'fraction',
    lines: curves.map((curve, at) => lineOf(curve, at)),
    curves: curves.map((_, at) => ({ line: String(at), role: 'value' })),
    axis: axisOf(norm),
  };
  const data = dataOf(curves, scaleOf(norm));
  return { frame, content: { data: () => data, table: () => tableOf(frame, norm, curves) } };
}

function lineOf({ title, kind }: AccuracyCurve, at: number): LineStyle {
  return {
    id: String(at),
    label: kind === 'norms' ? `${title} (norms found)` : title,
    colour: colours[at % colours.length] ?? 'foreground',
    quiet: false,
    // Norms make a line with a point an image: markers would hide it.
    ...(kind === 'measured' ? { marker: at % 2 === 0 ? ('diamond' as const) : ('circle' as const) } : {}),
  };
}

/** L-inf budgets are counted in grey levels. */
function scaleOf(norm: string): number {
  return norm === 'linf' ? 255 : 1;
}

function axisOf(norm: string): PlotAxis {
  const scale = scaleOf(norm);
  return {
    name: 'epsilon',
    text: (x) => `epsilon ${normText(norm, x / scale)}`,
    tick: (x) => (norm === 'linf' && x !== 0 ? `${format.measured(x)}/255` : format.measured(x)),
    narrowest: 0,
    cursor: `epsilon-${norm}`,
  };
}

function epsilonsOf(curves: readonly AccuracyCurve[]): number[] {
  const all = new Set(curves.flatMap(({ points }) => points.map(({ epsilon }) => epsilon)));
  return [...all].sort((a, b) => a - b);
}

function dataOf(curves: readonly AccuracyCurve[], scale: number): PlotData {
  const epsilons = epsilonsOf(curves);
  return {
    steps: epsilons.map((epsilon) => epsilon * scale),
    values: curves.map((curve) => {
      const known = accuraciesOf(curve);
      return epsilons.map((epsilon) => known.get(epsilon)?.robustAccuracy);
    }),
    intervals: curves.map((curve) => {
      const known = accuraciesOf(curve);
      return epsilons.map((epsilon) => known.get(epsilon)?.robustAccuracyInterval);
    }),
  };
}

function tableOf(frame: PlotFrame, norm: string, curves: readonly AccuracyCurve[]): TableSource {
  const epsilons = epsilonsOf(curves);
  const known = curves.map(accuraciesOf);
  return {
    caption: `${frame.title}: ${frame.description}`,
    columns: [
      { label: 'Epsilon', numeric: true },
      ...frame.lines.map(({ label }) => ({ label, numeric: true })),
    ],
    count: epsilons.length,
    row(index) {
      const epsilon = epsilons[index] ?? 0;
      return {
        cells: [
          normText(norm, epsilon),
          ...known.map((curve) => {
            const point = curve.get(epsilon);
            return format.percentWithin(point?.robustAccuracy, point?.robustAccuracyInterval);
          }),
        ],
      };
    },
  };
}

function accuraciesOf({ points }: AccuracyCurve): Map<number, AccuracyCurve['points'][number]> {
  return new Map(points.map((point) => [point.epsilon, point]));
}
