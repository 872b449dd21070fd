import * as z from 'zod';
import type { AttackEntry } from '../attacks/base/define-attack';
import { singleAttacks } from '../attacks/plan/attack-list';
import type { AttackPlan } from '../attacks/plan/attack-plan';
import { resolveAttack } from '../attacks/plan/resolve-attack';
import { deviceChoice } from '../engine/devices/device-choice';
import { M2atError } from '../errors';
import { oneOf } from '../named-schema';
import { attackTask, type StoredAttackTask } from '../records/attack-files';
import type { RunRecord } from '../records/run-files';
import { beganWith } from './draws-version';

/** What `attack.json` has to be to be gone on with: nothing in it is unknown. (A data set is looked for when it is loaded.) */
function knownTask(list: readonly AttackEntry[]) {
  const parameters = oneOf(singleAttacks(list));
  return attackTask.extend({
    attacks: z.array(attackTask.shape.attacks.element.extend({ parameters })),
    device: deviceChoice,
  });
}
export type KnownAttackTask = z.output<ReturnType<typeof knownTask>>;

/**
 * What a run is to do, where this version can do all of it.
 * @param list the attacks that there are
 * @throws M2atError `unsupported` for what another version added
 */
export function knownTaskOf(
  list: readonly AttackEntry[],
  stored: StoredAttackTask,
  { id, versions }: Pick<RunRecord, 'id' | 'versions'>,
): KnownAttackTask {
  const { data, error } = knownTask(list).safeParse(stored);
  if (data) return data;
  throw new M2atError('unsupported', `the attack ${id} asks for what this version of M2AT does not know`, {
    lines: error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`),
    hint: `Go on with ${beganWith({ versions })}.`,
  });
}

/** The attacks of a task, as they are done. @param list the attacks that there are */
export function planOf(list: readonly AttackEntry[], { attacks, groups }: KnownAttackTask): AttackPlan {
  return {
    attacks: attacks.map(({ parameters, group }) => ({ ...resolveAttack(list, parameters), group })),
    groups,
  };
}

/** A plan as `attack.json` has it. */
export function storedPlan(plan: AttackPlan): Pick<KnownAttackTask, 'attacks' | 'groups'> {
  return {
    attacks: plan.attacks.map(({ parameters, group }) => ({ parameters, group })),
    groups: plan.groups.map(({ missing, epsilons, ...group }) => ({
      ...group,
      missing: [...missing],
      ...(epsilons ? { epsilons: [...epsilons] } : {}),
    })),
  };
}
