import { wilsonInterval, type Interval } from '../../../src/core/report/wilson-interval';
import type { EvaluationRow } from '../../../src/core/records/run-files';
import * as format from '../../text/format';
import type { LineStyle } from '../../plots/plot-frame';
import type { StepField } from '../../state/run-series';

/** Measured at every step, or only when the network is evaluated (drawn with markers). */
export type LineSource =
  | { readonly kind: 'step'; readonly field: StepField; readonly smoothed: boolean }
  | {
      readonly kind: 'evaluation';
      readonly value: (row: EvaluationRow) => number | null;
      /** Present where it is a share of the images of the evaluation. */
      readonly interval?: (row: EvaluationRow) => Interval | undefined;
    };

export interface LineDefinition extends LineStyle {
  readonly source: LineSource;
}

export interface PlotDefinition {
  readonly id: 'accuracy' | 'loss' | 'learningRate' | 'imagesPerSecond';
  readonly title: string;
  /** Says what the axis means, for people who hover or listen. */
  readonly description: string;
  readonly format: (value: number | null | undefined) => string;
  /** `fraction`: at least 0, at most 1. `zero`: from 0. `fit`: as the data. */
  readonly range: 'fraction' | 'zero' | 'fit';
  readonly lines: readonly LineDefinition[];
}

export const plotDefinitions: readonly PlotDefinition[] = [
  {
    id: 'accuracy',
    title: 'Accuracy',
    description:
      'Share of images classified correctly: clean and attacked test images, and the training batch.',
    format: format.percent,
    range: 'fraction',
    lines: [
      {
        id: 'batch',
        label: 'Batch',
        colour: 'foreground',
        quiet: true,
        source: { kind: 'step', field: 'batchAccuracy', smoothed: true },
      },
      {
        id: 'clean',
        label: 'Clean',
        colour: 'blue',
        quiet: false,
        marker: 'circle',
        source: {
          kind: 'evaluation',
          value: (row) => row.cleanAccuracy,
          interval: (row) => wilsonInterval(row.cleanAccuracy, row.count),
        },
      },
      {
        id: 'robust',
        label: 'Robust',
        colour: 'orange',
        quiet: false,
        marker: 'diamond',
        source: {
          kind: 'evaluation',
          value: (row) => row.robustAccuracy,
          interval: (row) => wilsonInterval(row.robustAccuracy, row.count),
        },
      },
    ],
  },
  {
    id: 'loss',
    title: 'Loss',
    description: 'Cross-entropy in nats: mean over the training batch, and over the clean test images.',
    format: format.measured,
    range: 'fit',
    lines: [
      {
        id: 'training',
        label: 'Training',
        colour: 'purple',
        quiet: false,
        source: { kind: 'step', field: 'loss', smoothed: true },
      },
      {
        id: 'test',
        label: 'Test',
        colour: 'blue',
        quiet: false,
        marker: 'circle',
        source: { kind: 'evaluation', value: (row) => row.loss },
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
        source: { kind: 'step', field: 'learningRate', smoothed: false },
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
        source: { kind: 'step', field: 'imagesPerSecond', smoothed: true },
      },
    ],
  },
];

/** The evaluations that a line shows: the final one, with its other images and attacks, only where it stands alone. */
export function plottedEvaluations(evaluations: readonly EvaluationRow[]): readonly EvaluationRow[] {
  const during = new Set(evaluations.filter((row) => !row.final).map((row) => row.step));
  return evaluations.filter((row) => !row.final || !during.has(row.step));
}
