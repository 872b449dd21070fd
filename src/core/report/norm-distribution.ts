import { normOf } from '../attacks/parameters/known-attack';
import type { ReportAnalysis } from '../records/run-files';
import {
  countedImages,
  isCorrect,
  isFooled,
  wholeMinimalNormAttacks,
  type AnalysedReport,
} from './report-attacks';

type NormDistribution = ReportAnalysis['norms'][number];

const BINS = 30;

/** The norms of the perturbations that minimal-norm attacks found: quartiles, and equal bins from the least to the largest. */
export function normDistributions(report: AnalysedReport): NormDistribution[] {
  return wholeMinimalNormAttacks(report).map(({ attack, place }) => {
    const attacked = countedImages(report, attack).filter(
      (image) => isCorrect(image) && image.target !== image.label,
    );
    const found = attacked
      .filter((image) => isFooled(image, attack))
      .map(({ norm }) => norm)
      .sort((a, b) => a - b);
    return {
      attack: place,
      norm: normOf(attack),
      attacked: attacked.length,
      found: found.length,
      quantiles: quantiles(found),
      histogram: histogram(found),
    };
  });
}

/** Minimum, quartiles (interpolated between neighbours, as numpy does) and maximum of ascending values. */
function quantiles(sorted: readonly number[]): NormDistribution['quantiles'] {
  if (sorted.length === 0) return null;
  const at = (share: number): number => {
    const place = share * (sorted.length - 1);
    const [below, above] = [sorted[Math.floor(place)] ?? NaN, sorted[Math.ceil(place)] ?? NaN];
    return below + (above - below) * (place - Math.floor(place));
  };
  return [at(0), at(0.25), at(0.5), at(0.75), at(1)];
}

/** A single bin where all values are the same; none without values. */
function histogram(sorted: readonly number[]): NormDistribution['histogram'] {
  const [from = 0, to = 0] = [sorted[0], sorted.at(-1)];
  if (sorted.length === 0) return { from, to, counts: [] };
  if (from === to) return { from, to, counts: [sorted.length] };
  const counts = Array.from({ length: BINS }, () => 0);
  for (const value of sorted) {
    const bin = Math.min(BINS - 1, Math.floor((BINS * (value - from)) / (to - from)));
    counts[bin] = (counts[bin] ?? 0) + 1;
  }
  return { from, to, counts };
}
