import type { AttackEntry } from '../base/define-attack';
import type { AttackParameters } from '../parameters/attack-parameters';
import { entryOf } from './attack-list';
import { planPart, type AttackPlan } from './attack-plan';
import { resolveAttack, withProblems } from './resolve-attack';

/** An attack or an ensemble as an evaluation names it. */
export interface MeasuredAttack extends AttackParameters {
  /** It is measured on the first so many images; absent: on all. */
  readonly count?: number | undefined;
}

export interface EvaluationParameters {
  /** Images. */
  readonly count: number;
  readonly attacks: readonly MeasuredAttack[];
}

/** What an evaluation does. Attacks of an ensemble share a group. */
export interface EvaluationPlan extends AttackPlan {
  readonly count: number;
  /** For each attack: the first so many images. */
  readonly counts: readonly number[];
}

/**
 * @param list the attacks that there are
 * @throws M2atError `bad-input` for parameters that an attack does not take; `unsupported` for an ensemble none of whose
 * attacks exists
 */
export function planEvaluation(
  list: readonly AttackEntry[],
  { count, attacks }: EvaluationParameters,
): EvaluationPlan {
  const parts = attacks.map(({ count: own = count, ...request }) => ({ own, ...planPart(list, request) }));
  return {
    count,
    attacks: parts.flatMap((part, group) => part.attacks.map((attack) => ({ ...attack, group }))),
    groups: parts.map(({ group }) => group),
    counts: parts.flatMap(({ own, attacks: members }) => members.map(() => own)),
  };
}

/** An entry that states every parameter. @throws M2atError `bad-input` */
export function completeEntry(
  list: readonly AttackEntry[],
  { count, ...request }: MeasuredAttack,
): MeasuredAttack {
  const entry = entryOf(list, request.name);
  const full =
    entry?.kind === 'ensemble'
      ? withProblems(request.name, () => entry.complete(request))
      : resolveAttack(list, request).parameters;
  return count === undefined ? full : { ...full, count };
}
