import type { AttackOutcome } from './evaluation';
import { isBlackBox } from '../plan/attack-list';
import { budgetOf, normOf } from '../parameters/known-attack';
import { isTargeted } from '../parameters/target-rule';

/** Standard errors of the paired difference beyond which two attacks differ by more than chance. */
const STANDARD_ERRORS = 3;
/** Share of the images by which attacks that work differ at most: on sound networks PGD and Auto-PGD are within 0.05. */
const MARGIN = 0.1;
/**
 * An attack by many gradient steps that leaves far more images robust than another one within the same budget has lost its
 * way. "Far": by more than a tenth of the images, and by more than three standard errors of the paired difference, which is
 * reckoned from the images that one of the two breaks and the other does not. Attacks that aim at classes, and those of an
 * ensemble that got the images which others had left, are not compared.
 */
export function unevenWarnings(attacks: readonly AttackOutcome[]): string[] {
  const compared = attacks.filter(
    (attack) =>
      !isBlackBox(attack.definition) &&
      !isOneStep(attack) &&
      !isTargeted(attack.parameters) &&
      Number.isFinite(budgetOf(attack)) &&
      attack.images.every(({ carriedFrom }) => carriedFrom === undefined),
  );
  return compared.flatMap((weak) => {
    const stronger = compared
      .filter((other) => isSameTask(weak, other) && isFarBeyond(weak, other))
      .sort((a, b) => a.robustAccuracy - b.robustAccuracy);
    const [strongest] = stronger;
    if (!strongest) return [];
    return [
      `${weak.title} leaves ${percent(weak.robustAccuracy)} robust where ${strongest.title}, within the same budget, ` +
        `leaves ${percent(strongest.robustAccuracy)}: the first has lost its way, and its number is no measure of ` +
        'robustness. Give it more steps, restarts or another step size, or go by the second.',
    ];
  });
}

/** An attack that can't take several is meant to be weaker, by any amount. */
function isOneStep({ definition, parameters }: AttackOutcome): boolean {
  return parameters.steps === undefined && definition.steps(parameters)?.steps === 1;
}

function isSameTask(a: AttackOutcome, b: AttackOutcome): boolean {
  return (
    normOf(a) === normOf(b) &&
    Math.abs(budgetOf(a) - budgetOf(b)) < 1e-9 &&
    // While an attack goes on it has come to other images than the one before it.
    a.images.length === b.images.length
  );
}

/** Whether `strong` breaks so many more images that neither chance nor the usual differences explain it. */
function isFarBeyond(weak: AttackOutcome, strong: AttackOutcome): boolean {
  const count = weak.images.length;
  const only = (these: AttackOutcome, those: AttackOutcome): number =>
    these.images.filter(({ broken }, n) => broken && those.images[n]?.broken === false).length;
  const [more, less] = [only(strong, weak), only(weak, strong)];
  const difference = (more - less) / count;
  const standardError = Math.sqrt(more + less - (more - less) ** 2 / count) / count;
  return difference > MARGIN && difference > STANDARD_ERRORS * standardError;
}

function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}
