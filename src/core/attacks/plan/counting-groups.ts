import { ROUNDING } from '../base/perturbation';
import { budgetOf, hasNoBudget, normOf, type KnownAttack } from '../parameters/known-attack';

/** An attack and the number of its group. */
export interface GroupedAttack extends KnownAttack {
  readonly group: number;
}

/**
 * The groups whose attacks make up the worst case. Those that draw a curve don't as a whole, and neither do those with an
 * attack that has no budget, unless there are no others: what is found at any size says nothing about a budget.
 * @param attacks in any order
 * @param curves groups that only draw a curve
 */
export function countingGroups(
  attacks: readonly GroupedAttack[],
  curves: ReadonlySet<number>,
): ReadonlySet<number> {
  const groups = new Set(attacks.map(({ group }) => group).filter((group) => !curves.has(group)));
  const unbounded = new Set(attacks.filter(hasNoBudget).map(({ group }) => group));
  const bounded = new Set([...groups].filter((group) => !unbounded.has(group)));
  return bounded.size > 0 ? bounded : groups;
}

/** What a worst case is made of: which attacks count, and which examples of a curve do. */
export interface WorstCase {
  /** Groups all of whose broken images count. */
  readonly groups: ReadonlySet<number>;
  /** Whether an example that broke an image counts. One of a curve does within a budget that was asked for. */
  counts(attack: GroupedAttack, norm: number): boolean;
}

/** @param curves groups that only draw a curve */
export function worstCaseOf(attacks: readonly GroupedAttack[], curves: ReadonlySet<number>): WorstCase {
  const groups = countingGroups(attacks, curves);
  const budgets = new Map<string, number>();
  for (const attack of attacks) {
    if (!groups.has(attack.group)) continue;
    const [norm, budget] = [normOf(attack), budgetOf(attack)];
    if (Number.isFinite(budget)) budgets.set(norm, Math.max(budget, budgets.get(norm) ?? 0));
  }
  return {
    groups,
    counts: (attack, length) =>
      groups.has(attack.group) ||
      (curves.has(attack.group) && length <= (budgets.get(normOf(attack)) ?? -1) + ROUNDING),
  };
}
