import type { Interval } from '../../src/core/report/wilson-interval';
import { lowerBound } from '../state/column';

/** `undefined`: nothing measured at this step (the line goes on); `null`: not finite (the line has a gap). */
export type PlotValue = number | null | undefined;

/** One drawn curve: a line that is smoothed has two, its values as measured and smoothed. */
export interface Curve {
  readonly line: string;
  readonly role: 'value' | 'raw';
}

export interface PlotData {
  /** Ascending steps. */
  readonly steps: number[];
  /** One list a curve, as long as `steps`. */
  readonly values: PlotValue[][];
  /** The 95 % intervals of values that are accuracies; a list a curve, as `values`. */
  readonly intervals?: readonly (readonly (Interval | undefined)[])[];
}

/** The indices of the first and the last step that a range shows; the last one before it where it shows none. */
export function visibleIndices(
  steps: readonly number[],
  range: readonly [number, number] | undefined,
): readonly [first: number, last: number] {
  if (!range) return [0, steps.length - 1];
  const first = lowerBound(steps, range[0]);
  let last = lowerBound(steps, range[1]);
  if (steps[last] !== range[1]) last--;
  return first <= last ? [first, last] : [Math.max(0, last), Math.max(0, last)];
}

/** Where the value of a curve at a point was measured: there, or the last time before it; undefined: not yet. */
export function measuredAt(values: readonly PlotValue[], index: number): number | undefined {
  for (let at = Math.min(index, values.length - 1); at >= 0; at--) if (values[at] !== undefined) return at;
  return undefined;
}
