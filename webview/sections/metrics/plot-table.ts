import type { EvaluationRow } from '../../../src/core/records/run-files';
import * as format from '../../text/format';
import { evaluated, intervalOf, type PlotDefinition } from './plot-definitions';
import type { RunSeries } from '../../state/run-series';
import type { TableSource } from '../../text/table-source';

/** The rows behind a plot as a table, newest first. Steps and evaluations at the same step are separate rows. */
export function plotTable(definition: PlotDefinition, series: RunSeries): TableSource {
  const withSteps = definition.lines.some(({ source }) => source.kind === 'step');
  const withEvaluations = definition.lines.some(({ source }) => source.kind === 'evaluation');
  const order = merge(series, withSteps, withEvaluations);
  return {
    caption: `${definition.title}: ${definition.description}`,
    columns: [
      { label: 'Step', numeric: true },
      { label: 'Epoch', numeric: true },
      ...definition.lines.map(({ label }) => ({ label, numeric: true })),
      ...(withEvaluations ? [{ label: 'On', numeric: false }] : []),
    ],
    count: order.length,
    row(index) {
      const entry = order[order.length - 1 - index] ?? 0;
      const evaluation = entry < 0 ? series.evaluations[-entry - 1] : undefined;
      const at = (field: 'step' | 'epoch') => evaluation?.[field] ?? series.column(field)[entry];
      const values = definition.lines.map(({ source }) => {
        if (source.kind === 'step')
          return definition.format(evaluation ? undefined : series.column(source.column)[entry]);
        if (!evaluation) return definition.format(undefined);
        const interval = intervalOf(evaluation, source);
        const value = evaluated(evaluation, source);
        return interval ? format.percentWithin(value ?? undefined, interval) : definition.format(value);
      });
      return {
        cells: [
          format.integer(at('step')),
          format.epoch(at('epoch')),
          ...values,
          ...(withEvaluations ? [evaluation ? measuredOn(evaluation) : 'batch'] : []),
        ],
        strong: evaluation !== undefined,
      };
    },
  };
}

function measuredOn({ count, split, final }: EvaluationRow): string {
  return `${format.counted(count, split === 'validation' ? 'validation image' : 'image')}${final ? ', final' : ''}`;
}

/** Row numbers by ascending step: n is step row n, -1 - n is evaluation n, which follows its step. */
function merge(series: RunSeries, withSteps: boolean, withEvaluations: boolean): Int32Array {
  const steps = withSteps ? series.column('step') : new Float64Array();
  const evaluations = withEvaluations ? series.evaluations : [];
  const order = new Int32Array(steps.length + evaluations.length);
  let i = 0;
  let j = 0;
  for (let at = 0; at < order.length; at++) {
    const step = steps[i] ?? Infinity;
    const evaluation = evaluations[j]?.step ?? Infinity;
    order[at] = step <= evaluation && i < steps.length ? i++ : -1 - j++;
  }
  return order;
}
