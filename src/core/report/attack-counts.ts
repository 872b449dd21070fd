import { hasNorm } from '../attacks/parameters/known-attack';
import type { ReportAnalysis } from '../records/run-files';
import { isCorrect, type ReportedAttack } from './report-attacks';
import { targetCounts } from './target-counts';

export type AttackCounts = NonNullable<ReportAnalysis['attacks']>[number];

/** What an attack did on all images that it is through with, also those beyond the report's `count`. */
export function attackCounts(
  attack: Pick<ReportedAttack, 'definition' | 'parameters' | 'images'>,
): AttackCounts {
  const targets = targetCounts(attack);
  const attacked = attack.images.filter((image) => image.carriedFrom === undefined && isCorrect(image));
  const norms = attacked
    .filter(({ broken }) => broken)
    .map(({ norm }) => norm)
    .sort((a, b) => a - b);
  return {
    images: attack.images.length,
    attacked: targets?.attacked ?? attacked.length,
    fooled: norms.length,
    ...(targets && { misclassified: targets.misclassified, leftOut: targets.leftOut }),
    medianNorm: hasNorm(attack) ? median(norms) : null,
  };
}

/** Of ascending values; null when there are none. */
function median(sorted: readonly number[]): number | null {
  const [low, high] = [sorted[(sorted.length - 1) >> 1], sorted[sorted.length >> 1]];
  return low === undefined || high === undefined ? null : (low + high) / 2;
}
