import type * as z from 'zod';
import { M2atError } from '../../errors';
import { fractionText } from '../../fraction';
import { oneOf } from '../../named-schema';
import type { AttackEntry, AttackRequest } from '../base/define-attack';
import type { AttackParameters } from '../parameters/attack-parameters';
import { isTargeted } from '../parameters/target-rule';
import type { AttackGroup, PlannedPart } from './attack-group';
import { entryOf } from './attack-list';
import { attackTitle } from './attack-title';
import { assertBudget } from './budget';
import { hasNoBudget } from '../parameters/known-attack';
import { planCurves } from './curve-plan';
import { resolveAttack, withProblems, type ResolvedAttack } from './resolve-attack';

/** What can be asked for: an attack, or an ensemble by its name. */
export function requestedAttack(attacks: readonly AttackEntry[]): z.ZodType<AttackParameters> {
  return oneOf(attacks);
}

export interface PlannedAttack extends ResolvedAttack {
  /** Place of its group in `groups`. */
  readonly group: number;
}

export interface AttackPlan {
  readonly attacks: readonly PlannedAttack[];
  readonly groups: readonly AttackGroup[];
}

export interface PlanOptions {
  /** Makes one ensemble of all that is asked for. */
  readonly ensemble?: boolean | undefined;
  /** Measures what has a fixed epsilon with each of these, too; 0, which is the clean accuracy, runs nothing. */
  readonly epsilons?: readonly number[] | undefined;
}

/**
 * What is to be done, with every default stated: what was asked for, then the curves.
 * @param list the attacks that there are
 * @throws M2atError `bad-input` for an epsilon of 0, one above 1 in linf, no attack at all, or a list of epsilons that
 * is out of range or fits none of the attacks; `unsupported` for an ensemble none of whose attacks exists
 */
export function planAttacks(
  list: readonly AttackEntry[],
  requested: readonly AttackRequest[],
  { ensemble = false, epsilons }: PlanOptions = {},
): AttackPlan {
  if (requested.length === 0) {
    throw new M2atError('bad-input', 'no attack was asked for', { where: 'attacks' });
  }
  const parts = requested.map((request) => planPart(list, request));
  for (const { attacks } of parts) attacks.forEach(assertBudget);
  const asked = ensemble ? [joined(parts)] : parts;
  const all = [...asked, ...(epsilons ? planCurves(asked, epsilons) : [])];
  return {
    attacks: all.flatMap(({ attacks }, group) => attacks.map((attack) => ({ ...attack, group }))),
    groups: all.map(({ group }) => group),
  };
}

/** Groups that only draw a curve, by their place. */
export function curveGroups({ groups }: Pick<AttackPlan, 'groups'>): ReadonlySet<number> {
  return new Set([...groups.keys()].filter((place) => groups[place]?.epsilons !== undefined));
}

/**
 * @throws M2atError `bad-input` when some have a budget and some not: what they leave together would mean nothing; or
 * when some are targeted
 */
function joined(parts: readonly PlannedPart[]): PlannedPart {
  const all = parts.flatMap(({ attacks }) => attacks);
  const namesOf = (some: readonly ResolvedAttack[]): string =>
    some.map(({ definition }) => definition.name).join(', ');
  const targeted = all.filter(({ parameters }) => isTargeted(parameters));
  if (targeted.length > 0) {
    throw new M2atError('bad-input', `${namesOf(targeted)} in it aim at a class`, {
      where: 'ensemble',
      hint:
        'What one had moved to another class the next ones would leave out, and so reach too few targets. Attack ' +
        'without an ensemble.',
    });
  }
  const unbounded = all.filter(hasNoBudget);
  if (unbounded.length > 0 && unbounded.length < all.length) {
    throw new M2atError('bad-input', `${namesOf(unbounded)} in it has no budget`, {
      where: 'ensemble',
      hint: 'A perturbation of any size would count. Give an epsilon, or attack without an ensemble.',
    });
  }
  return {
    attacks: all,
    group: {
      name: 'ensemble',
      title: parts.map(({ group }) => group.title).join(' + '),
      ensemble: true,
      missing: parts.flatMap(({ group }) => group.missing),
    },
  };
}

/**
 * What one request consists of, without a look at its budget.
 * @throws M2atError `bad-input` for parameters that it does not take; `unsupported` as {@link planAttacks}
 */
export function planPart(list: readonly AttackEntry[], request: AttackRequest): PlannedPart {
  const { name } = request;
  const ensemble = entryOf(list, name);
  if (ensemble?.kind !== 'ensemble') {
    const attack = resolveAttack(list, request);
    return { attacks: [attack], group: { name, title: attackTitle(attack), ensemble: false, missing: [] } };
  }
  const parameters = withProblems(name, () => ensemble.complete(request));
  const members = ensemble.members(parameters);
  const canBe = (member: AttackRequest): boolean =>
    entryOf(list, member.name)?.parameters.safeParse(member).success === true;
  const missing = members.filter((member) => !canBe(member)).map((member) => member.name);
  const attacks = members.filter(canBe).map((member) => resolveAttack(list, member));
  const variant = ensemble.variant(parameters);
  if (attacks.length === 0) {
    throw new M2atError('unsupported', `${ensemble.title} ${variant} is not available yet`, {
      where: `attack ${name}`,
      hint: `It consists of ${missing.join(', ')}, none of which this version has.`,
    });
  }
  const { norm = '', epsilon = Infinity } = parameters;
  const without = missing.length > 0 ? ` without ${missing.join(', ')}` : '';
  const title = `${name} ${variant} ${norm} ${fractionText(epsilon)}${without}`;
  return { attacks, group: { name, title, ensemble: true, missing } };
}
