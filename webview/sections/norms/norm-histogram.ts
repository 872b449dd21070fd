import type { AttackReport, ReportAnalysis } from '../../../src/core/records/run-files';
import { normName, normText, normTick } from '../../text/attack-norm';
import * as format from '../../text/format';
import type { TableSource } from '../../text/table-source';

type Distribution = ReportAnalysis['norms'][number];

export interface HistogramBin {
  readonly count: number;
  /** Share of the fullest bin. */
  readonly height: number;
  /** `0.12 – 0.24: 5 images`. */
  readonly text: string;
}

export interface NormHistogram {
  readonly id: string;
  readonly title: string;
  /** How many images were fooled, with which norms. */
  readonly summary: string;
  readonly bins: readonly HistogramBin[];
  /** Ticks under the bins, from left to right, evenly spaced. */
  readonly ticks: readonly string[];
  /** Positions in [0, 1] between the ends of the bins. */
  readonly quartiles: { readonly low: number; readonly median: number; readonly high: number } | undefined;
  readonly table: TableSource;
}

const TICKS = 5;

/** The norms that a minimal-norm attack has found, as a histogram. */
export function normHistogram(distribution: Distribution, report: AttackReport): NormHistogram {
  const { attack, norm, histogram, quantiles } = distribution;
  const { from, to, counts } = histogram;
  const most = Math.max(1, ...counts);
  const width = to - from;
  const edge = (at: number) => from + (width * at) / Math.max(1, counts.length);
  const range = (at: number) => `${normText(norm, edge(at))} – ${normText(norm, edge(at + 1))}`;
  const position = (value: number) => (width > 0 ? Math.max(0, Math.min(1, (value - from) / width)) : 0.5);
  const title = report.attacks[attack]?.title ?? `attack ${attack}`;
  return {
    id: `norms-${attack}`,
    title: `${normName(norm)} norms found by ${title}`,
    summary: summaryOf(distribution),
    bins: counts.map((count, at) => ({
      count,
      height: count / most,
      text: `${range(at)}: ${format.counted(count, 'image')}`,
    })),
    // All norms may be the same.
    ticks: Array.from({ length: width > 0 ? TICKS : 1 }, (_, at) =>
      normTick(norm, from + (width * at) / (TICKS - 1)),
    ),
    quartiles: quantiles
      ? { low: position(quantiles[1]), median: position(quantiles[2]), high: position(quantiles[3]) }
      : undefined,
    table: {
      caption: `${normName(norm)} norms found by ${title}`,
      columns: [
        { label: `${normName(norm)} norm`, numeric: false },
        { label: 'Images', numeric: true },
        { label: 'Share', numeric: true },
      ],
      count: counts.length + (quantiles ? quantileNames.length : 0),
      row(index) {
        const count = counts[index];
        if (count !== undefined) {
          return { cells: [range(index), format.integer(count), shareOf(count, distribution.found)] };
        }
        return quantileRow(index - counts.length, norm, quantiles);
      },
    },
  };
}

const quantileNames = ['Smallest', 'Lower quartile', 'Median', 'Upper quartile', 'Largest'] as const;

function quantileRow(at: number, norm: string, quantiles: Distribution['quantiles']) {
  const value = quantiles?.[at];
  return { cells: [`${quantileNames[at] ?? ''}: ${normText(norm, value)}`, '', ''], strong: true };
}

function summaryOf({ attacked, found, norm, quantiles }: Distribution): string {
  const fooled = `${format.integer(found)} of ${format.counted(attacked, 'image')} fooled`;
  if (!quantiles) return fooled;
  const [least, low, median, high, most] = quantiles.map((value) => normText(norm, value));
  return `${fooled} · median ${median ?? ''} · quartiles ${low ?? ''} and ${high ?? ''} · from ${least ?? ''} to ${most ?? ''}`;
}

function shareOf(count: number, found: number): string {
  return found === 0 ? format.NONE : format.percent(count / found);
}
