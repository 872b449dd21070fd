import type { PlotAxis, PlotFrame } from '../../plots/plot-frame';
import * as format from '../../text/format';
import { curvesOf } from './plot-data';
import type { PlotDefinition } from './plot-definitions';

const steps: PlotAxis = {
  name: 'step',
  text: (step) => `step ${format.integer(step)}`,
  tick: (step) =>
    Number.isInteger(step) ? (step >= 10_000 ? `${format.measured(step / 1000)}k` : String(step)) : '',
  narrowest: 1,
  cursor: 'steps',
};

/** The frame of a plot over the steps of a training run. */
export function stepFrame(definition: PlotDefinition): PlotFrame {
  return { ...definition, curves: curvesOf(definition), axis: steps };
}
