import type { ReportAnalysis } from '../runs/run-files';
import { isCorrect, type ReportedAttack } from './report-attacks';

export type AttackCounts = NonNullable<ReportAnalysis['attacks']>[number];

/** What an attack did on all images that it is through with, also those beyond the report's `count`. */
export function attackCounts({ images }: Pick<ReportedAttack, 'images'>): AttackCounts {
  const attacked = images.filter((image) => image.carriedFrom === undefined && isCorrect(image));
  const norms = attacked
    .filter(({ broken }) => broken)
    .map(({ norm }) => norm)
    .sort((a, b) => a - b);
  return { attacked: attacked.length, fooled: norms.length, medianNorm: median(norms) };
}

/** Of ascending values; null when there are none. */
function median(sorted: readonly number[]): number | null {
  const [low, high] = [sorted[(sorted.length - 1) >> 1], sorted[sorted.length >> 1]];
  return low === undefined || high === undefined ? null : (low + high) / 2;
}
