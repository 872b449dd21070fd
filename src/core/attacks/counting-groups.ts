import type { AttackParameters } from './attack-schema';
import { isMinimalNorm } from './families';
import { budgetOf } from './resolve-attack';

/** An attack and the number of its group. */
export interface GroupedAttack {
  readonly group: number;
  readonly parameters: AttackParameters;
}

/** Whether a perturbation of any size counts as a success: nearly every image falls to it sooner or later. */
export function hasNoBudget(parameters: AttackParameters): boolean {
  return isMinimalNorm(parameters) && budgetOf(parameters) === Infinity;
}

/**
 * The groups whose attacks make up the worst case. Those that only draw a curve don't, and neither do those with an
 * attack that has no budget, unless there are no others: what is found at any size says nothing about a budget.
 * @param attacks in any order
 * @param curves groups that only draw a curve
 */
export function countingGroups(
  attacks: readonly GroupedAttack[],
  curves: ReadonlySet<number>,
): ReadonlySet<number> {
  const groups = new Set(attacks.map(({ group }) => group).filter((group) => !curves.has(group)));
  const unbounded = new Set(
    attacks.filter(({ parameters }) => hasNoBudget(parameters)).map(({ group }) => group),
  );
  const bounded = new Set([...groups].filter((group) => !unbounded.has(group)));
  return bounded.size > 0 ? bounded : groups;
}
