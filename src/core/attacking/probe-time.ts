import type { ResolvedAttack } from '../attacks/plan/resolve-attack';
import { isBlackBox } from '../attacks/plan/attack-list';

/** At least this is spent, in seconds. */
const LEAST = 1;
const SHARE = 0.1;

/**
 * What looking for other conventions of input may take: a second, or a tenth of what the attack takes at least. That is
 * one forward pass a step for the images that are classified correctly; other attacks than PGD's kind stop early for images
 * that fall, which is why only their first steps count, and nothing of queries.
 * @param cleanSeconds that classifying all images took
 */
export function probeSeconds(
  attacks: readonly ResolvedAttack[],
  cleanSeconds: number,
  accuracy: number,
): number {
  const passes = Math.max(0, ...attacks.map(stepsOf));
  return Math.max(LEAST, SHARE * cleanSeconds * accuracy * passes);
}

function stepsOf({ definition, parameters }: ResolvedAttack): number {
  if (isBlackBox(definition)) return 0;
  const every = definition.steps(parameters)?.steps;
  return every ?? Math.max(1, 0.2 * (parameters.steps ?? 1));
}
