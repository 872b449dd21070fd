import { percentRange } from '../../src/core/report/wilson-interval';
import { measuredAt, type PlotData } from './plot-values';
import type { PlotFrame } from './plot-frame';

/** What a legend says of a line at the point that it names. */
export interface LegendValue {
  readonly text: string;
  /** Its 95 % interval, what the smoothed line shows, and where it was measured, if not at that point. */
  readonly note: string;
}

/** The values of a plot's lines at a point: as measured there, or the last ones before it, which then say where. */
export function legendValues(
  { lines, curves, format, axis }: Pick<PlotFrame, 'lines' | 'curves' | 'format' | 'axis'>,
  { steps, values, intervals }: PlotData,
  index: number,
): ReadonlyMap<string, LegendValue> {
  return new Map(
    lines.map(({ id }): [string, LegendValue] => {
      const curveOf = (role: 'raw' | 'value'): number =>
        curves.findIndex((curve) => curve.line === id && curve.role === role);
      const smoothed = curveOf('value');
      const curve = curveOf('raw') >= 0 ? curveOf('raw') : smoothed;
      const at = measuredAt(values[curve] ?? [], index);
      if (at === undefined) return [id, { text: format(undefined), note: '' }];
      const text = format(values[curve]?.[at]);
      const line = format(values[smoothed]?.[at]);
      const interval = intervals?.[curve]?.[at];
      const notes = [
        ...(interval ? [percentRange(interval)] : []),
        ...(line === text ? [] : [`smoothed ${line}`]),
        ...(at === index ? [] : [`at ${axis.text(steps[at] ?? 0)}`]),
      ];
      return [id, { text, note: notes.join(', ') }];
    }),
  );
}
