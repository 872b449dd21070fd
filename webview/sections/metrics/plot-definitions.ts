import { printable } from '../../../src/core/printable';
import { wilsonInterval, type Interval } from '../../../src/core/report/wilson-interval';
import { valuesOf, type EvaluationRow } from '../../../src/core/records/run-files';
import * as format from '../../text/format';
import type { LineStyle } from '../../plots/plot-frame';
import type { RunSeries } from '../../state/run-series';

/** A column of the metrics: measured at every step, or only when the network is evaluated (drawn with markers). */
export type LineSource =
  | { readonly kind: 'step'; readonly column: string; readonly smoothed: boolean }
  | {
      readonly kind: 'evaluation';
      readonly column: string;
      /** Of the images of the evaluation. */
      readonly isShare?: true;
    };

export interface LineDefinition extends LineStyle {
  readonly source: LineSource;
}

export interface PlotDefinition {
  readonly id: string;
  readonly title: string;
  /** Says what the axis means, for people who hover or listen. */
  readonly description: string;
  readonly format: (value: number | null | undefined) => string;
  /** `fraction`: at least 0, at most 1. `zero`: from 0. `fit`: as the data. */
  readonly range: 'fraction' | 'zero' | 'fit';
  readonly lines: readonly LineDefinition[];
}

/** The columns that have a place; any other one gets a plot of its own. */
export const plotDefinitions: readonly PlotDefinition[] = [
  {
    id: 'accuracy',
    title: 'Accuracy',
    description:
      'Share of images classified correctly: the clean and attacked ones of evaluations, and the training batch.',
    format: format.percent,
    range: 'fraction',
    lines: [
      {
        id: 'batch',
        label: 'Batch',
        colour: 'foreground',
        quiet: true,
        source: { kind: 'step', column: 'batchAccuracy', smoothed: true },
      },
      {
        id: 'clean',
        label: 'Clean',
        colour: 'blue',
        quiet: false,
        marker: 'circle',
        source: { kind: 'evaluation', column: 'cleanAccuracy', isShare: true },
      },
      {
        id: 'robust',
        label: 'Robust',
        colour: 'orange',
        quiet: false,
        marker: 'diamond',
        source: { kind: 'evaluation', column: 'robustAccuracy', isShare: true },
      },
    ],
  },
  {
    id: 'loss',
    title: 'Loss',
    description:
      'Cross-entropy in nats: mean over the training batch, and over the clean images of evaluations.',
    format: format.measured,
    range: 'fit',
    lines: [
      {
        id: 'training',
        label: 'Training',
        colour: 'purple',
        quiet: false,
        source: { kind: 'step', column: 'loss', smoothed: true },
      },
      {
        id: 'test',
        label: 'Evaluation',
        colour: 'blue',
        quiet: false,
        marker: 'circle',
        source: { kind: 'evaluation', column: 'loss' },
      },
    ],
  },
  {
    id: 'learningRate',
    title: 'Learning rate',
    description: 'Learning rate of the optimizer at each step.',
    format: format.measured,
    range: 'zero',
    lines: [
      {
        id: 'rate',
        label: 'Rate',
        colour: 'green',
        quiet: false,
        source: { kind: 'step', column: 'learningRate', smoothed: false },
      },
    ],
  },
  {
    id: 'imagesPerSecond',
    title: 'Images per second',
    description: 'Training images processed per second.',
    format: format.rate,
    range: 'zero',
    lines: [
      {
        id: 'speed',
        label: 'Speed',
        colour: 'yellow',
        quiet: false,
        source: { kind: 'step', column: 'imagesPerSecond', smoothed: true },
      },
    ],
  },
];

/** Columns that say where a row belongs. */
const coordinates = ['step', 'epoch', 'elapsedSeconds', 'count'];

/** Plots of other columns of a kind, at most: a file may have columns without end. */
const MOST_OTHERS = 24;

/** Every plot of a run: also of what a method, or a later version, measures besides. */
export function plotsOf(series: RunSeries): readonly PlotDefinition[] {
  const evaluation = series.latestEvaluation;
  return [
    ...plotDefinitions,
    ...othersOf('step', series.names),
    ...othersOf('evaluation', evaluation ? valuesOf(evaluation).map(([column]) => column) : []),
  ];
}

function othersOf(kind: LineSource['kind'], columns: Iterable<string>): PlotDefinition[] {
  const sources = plotDefinitions.flatMap(({ lines }) => lines.map(({ source }) => source));
  const known = sources.flatMap((source) => (source.kind === kind ? [source.column] : []));
  const others = [...columns].filter((column) => ![...known, ...coordinates].includes(column));
  return others.slice(0, MOST_OTHERS).map((column) => {
    const words = printable(column.replaceAll(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`));
    const style = { id: 'value', label: words, colour: 'blue', quiet: false } as const;
    return {
      id: `${kind} ${column}`,
      title: words.charAt(0).toUpperCase() + words.slice(1),
      description: `${words}, at each ${kind}.`,
      format: format.measured,
      range: 'fit',
      lines: [
        kind === 'step'
          ? { ...style, source: { kind, column, smoothed: true } }
          : { ...style, marker: 'circle', source: { kind, column } },
      ],
    };
  });
}

/** What an evaluation found of a column; null where that was not finite, or not measured. */
export function evaluated(row: EvaluationRow, { column }: LineSource): number | null {
  const value: unknown = Reflect.get(row, column);
  return typeof value === 'number' ? value : null;
}

export function intervalOf(row: EvaluationRow, source: LineSource): Interval | undefined {
  const isShare = source.kind === 'evaluation' && source.isShare;
  return isShare ? wilsonInterval(evaluated(row, source) ?? NaN, row.count) : undefined;
}

/** The evaluations that a line shows: the final one, with its other images and attacks, only where it stands alone. */
export function plottedEvaluations(evaluations: readonly EvaluationRow[]): readonly EvaluationRow[] {
  const during = new Set(evaluations.filter((row) => !row.final).map((row) => row.step));
  return evaluations.filter((row) => !row.final || !during.has(row.step));
}
