import type { AttackParameters } from './attack-parameters';
import type { StoredAttack } from './stored-attack';
import type { TargetRule } from './target-schema';

/** Whether an attack is meant to reach a class, and not just any but the label. */
export function isTargeted({ target, targeted }: StoredAttack): boolean {
  return target !== undefined || targeted === true;
}

/** How an attack's targets are chosen; undefined for an untargeted one. Records of old runs have `targeted` alone. */
export function targetRuleOf({ target, targeted }: AttackParameters): TargetRule | undefined {
  return target ?? (targeted ? 'next' : undefined);
}

/** Whether a rule looks at the order of the clean logits. */
export function needsRanks(rule: TargetRule | undefined): boolean {
  return rule === 'second' || rule === 'least-likely';
}
