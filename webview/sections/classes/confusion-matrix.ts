import type { ReportAnalysis } from '../../../src/core/records/run-files';
import * as format from '../../text/format';
import type { TableSource } from '../../text/table-source';

type Entries = ReportAnalysis['confusion']['clean'];

/** A heat map is legible up to so many classes. */
export const LARGEST_MATRIX = 20;

export interface ConfusionMatrix {
  /** Classes that occur, as a label or as a prediction, ascending. */
  readonly labels: readonly number[];
  /** Images by true class (row) and predicted class (column). */
  readonly counts: readonly (readonly number[])[];
  /** Images of each true class. */
  readonly totals: readonly number[];
}

/**
 * @param also entries whose classes are shown as well, so that matrices that stand for each other have one shape
 */
export function confusionMatrix(entries: Entries, also: Entries = []): ConfusionMatrix {
  const classes = new Set([...entries, ...also].flatMap(([label, predicted]) => [label, predicted]));
  const labels = [...classes].sort((a, b) => a - b);
  const place = new Map(labels.map((label, at) => [label, at]));
  const counts = labels.map(() => new Array<number>(labels.length).fill(0));
  for (const [label, predicted, images] of entries) {
    const row = counts[place.get(label) ?? -1];
    const column = place.get(predicted);
    if (row && column !== undefined) row[column] = (row[column] ?? 0) + images;
  }
  const totals = counts.map((row) => row.reduce((sum, count) => sum + count, 0));
  return { labels, counts, totals };
}

/** The classes that are taken for others most often, as a table. */
export function confusionTable(
  entries: Entries,
  caption: string,
  className: (label: number) => string,
): TableSource {
  const totals = new Map<number, number>();
  for (const [label, , images] of entries) totals.set(label, (totals.get(label) ?? 0) + images);
  const wrong = entries
    .filter(([label, predicted]) => label !== predicted)
    .sort(([labelA, , a], [labelB, , b]) => b - a || labelA - labelB);
  return {
    caption,
    columns: [
      { label: 'True class', numeric: false },
      { label: 'Taken for', numeric: false },
      { label: 'Images', numeric: true },
      { label: 'Of its class', numeric: true },
    ],
    count: wrong.length,
    row(index) {
      const [label = 0, predicted = 0, images = 0] = wrong[index] ?? [];
      const share = images / Math.max(1, totals.get(label) ?? 0);
      return {
        cells: [className(label), className(predicted), format.integer(images), format.percent(share, 0)],
      };
    },
  };
}
