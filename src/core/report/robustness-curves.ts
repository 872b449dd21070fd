import { isMoved } from '../attacks/parameters/moved';
import { ROUNDING } from '../attacks/base/perturbation';
import { budgetOf, normOf } from '../attacks/parameters/known-attack';
import type { ReportAnalysis } from '../records/run-files';
import { robustInterval } from './accuracy-intervals';
import {
  countedImages,
  isCorrect,
  isMovedAtAll,
  wholeMinimalNormAttacks,
  type AnalysedReport,
  type ReportedAttack,
} from './report-attacks';

type Curve = ReportAnalysis['curves'][number];

/** Points of a curve from norms, at most, besides epsilon 0. */
const MOST_POINTS = 100;

/**
 * Robust accuracy against epsilon: the share of images that are classified correctly and have no adversarial example
 * of at most that norm among those that were found. It starts with the clean accuracy at 0, and never rises.
 */
export function robustnessCurves(report: AnalysedReport): Curve[] {
  return [...measuredCurves(report), ...normCurves(report)];
}

/** A curve for each group with several epsilons. Where the same attacks ran with another one, that is a point too. */
function measuredCurves(report: AnalysedReport): Curve[] {
  const { attacks, groups = [], count } = report;
  const attacksOf = (group: number): ReportedAttack[] => attacks.filter((attack) => attack.group === group);
  return groups.flatMap(({ title, epsilons }, place): Curve[] => {
    const own = attacksOf(place);
    const [first] = own;
    if (!epsilons || !first) return [];
    const begun = atEpsilon(own, epsilonOf(first));
    const same = groups.flatMap((other, n) => {
      const others = attacksOf(n);
      return other.epsilons === undefined && isSameAtOneEpsilon(others, begun) ? [others] : [];
    });
    const members = same[0]?.length ?? begun.length;
    const pool = [...same.flat(), ...own];
    const through = [...new Set(pool.map(epsilonOf))].filter((epsilon) => {
      const all = atEpsilon(pool, epsilon);
      // An attack that goes on has not come to every image yet.
      return all.length >= members && all.every(({ images }) => images.length >= count);
    });
    const norms = smallestNorms(
      report,
      pool.filter((attack) => through.includes(epsilonOf(attack))),
    );
    const points = [0, ...through.sort((a, b) => a - b)].map((epsilon) => pointOf(norms, epsilon));
    return [{ title, norm: normOf(first), kind: 'measured', points }];
  });
}

/** A curve for each minimal-norm attack, from the norms that it found. */
function normCurves(report: AnalysedReport): Curve[] {
  return wholeMinimalNormAttacks(report).map(({ attack }) => {
    const images = countedImages(report, attack);
    const norms = images.map((image) => {
      if (!isCorrect(image)) return -Infinity;
      return isMovedAtAll(image, attack) ? image.norm : Infinity;
    });
    const steps = [...new Set(norms.filter((norm) => Number.isFinite(norm)))].sort((a, b) => a - b);
    const points = [0, ...thinned(steps)].map((epsilon) => pointOf(norms, epsilon));
    return { title: attack.title, norm: normOf(attack), kind: 'norms', points };
  });
}

/** For each image the smallest norm that is known to fool; -Infinity for a clean error, Infinity where none is known. */
function smallestNorms(report: AnalysedReport, attacks: readonly ReportedAttack[]): number[] {
  const smallest: number[] = [];
  for (const attack of attacks) {
    for (const [n, image] of countedImages(report, attack).entries()) {
      // What was broken before is in the results of the attack that broke it.
      const found = isMoved(image) && image.carriedFrom === undefined ? image.norm : Infinity;
      smallest[n] = isCorrect(image) ? Math.min(smallest[n] ?? Infinity, found) : -Infinity;
    }
  }
  return smallest;
}

function pointOf(norms: readonly number[], epsilon: number): Curve['points'][number] {
  const robust = norms.filter((norm) => (epsilon === 0 ? norm >= 0 : norm > epsilon + ROUNDING)).length;
  const robustAccuracy = norms.length === 0 ? 0 : robust / norms.length;
  return { epsilon, robustAccuracy, ...robustInterval(robustAccuracy, norms.length) };
}

/** At most {@link MOST_POINTS} of ascending values, evenly chosen, the first and the last among them. */
function thinned(values: readonly number[]): number[] {
  if (values.length <= MOST_POINTS) return [...values];
  return Array.from({ length: MOST_POINTS }, (_, n) => {
    const place = Math.round((n * (values.length - 1)) / (MOST_POINTS - 1));
    return values[place] ?? 0;
  });
}

function epsilonOf(attack: ReportedAttack): number {
  return budgetOf(attack);
}

function atEpsilon(attacks: readonly ReportedAttack[], epsilon: number): ReportedAttack[] {
  return attacks.filter((attack) => epsilonOf(attack) === epsilon);
}

/** Whether a group consists of these attacks with one epsilon; of `begun` the later ones may be missing. */
function isSameAtOneEpsilon(group: readonly ReportedAttack[], begun: readonly ReportedAttack[]): boolean {
  const [first] = group;
  if (!first || group.length < begun.length) return false;
  if (group.some((attack) => epsilonOf(attack) !== epsilonOf(first))) return false;
  return begun.every((attack, n) => withoutSize(attack) === withoutSize(group[n]));
}

/** What an attack does, whatever its budget: its step follows epsilon. */
function withoutSize(attack: ReportedAttack | undefined): string {
  const rest = Object.entries(attack?.parameters ?? {}).filter(
    ([key]) => key !== 'epsilon' && key !== 'stepSize',
  );
  return JSON.stringify(rest.sort(([a], [b]) => (a < b ? -1 : 1)));
}
