import type { ResolvedAttack } from './resolve-attack';

/** Attacks that share one result: what one has broken, the next ones leave out. */
export interface AttackGroup {
  /** A short word, such as `autoattack`, for file names. */
  readonly name: string;
  /** Such as `autoattack standard linf 8/255`. */
  readonly title: string;
  /** False for an attack that stands alone. */
  readonly ensemble: boolean;
  /** Attacks that belong to it and can't be carried out. */
  readonly missing: readonly string[];
  /**
   * Ascending: the same attacks with each of these. What a smaller one has broken is not attacked with a larger one.
   * Such a group draws a curve; `worstCaseOf` says what of it counts for the worst case.
   */
  readonly epsilons?: readonly number[] | undefined;
}

/** A group and its attacks. */
export interface PlannedPart {
  readonly attacks: readonly ResolvedAttack[];
  readonly group: AttackGroup;
}
