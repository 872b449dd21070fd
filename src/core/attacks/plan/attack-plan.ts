import * as z from 'zod';
import { M2atError } from '../../errors';
import type { AttackGroup, PlannedPart } from './attack-group';
import { attackParameters } from './attack-schema';
import { autoAttackMembers, autoAttackParameters, type AutoAttackParameters } from './autoattack';
import { assertBudget } from './budget';
import { hasNoBudget } from './counting-groups';
import { planCurves } from './curve-plan';
import { attackTitle, fractionText, resolveAttack, type ResolvedAttack } from './resolve-attack';
import { isTargeted } from '../parameters/target-rule';
import { usualEpsilon } from '../budget/usual-epsilon';

/** What can be asked for: an attack, or an ensemble by its name. */
export const requestedAttack = z.discriminatedUnion('name', [
  ...attackParameters.options,
  autoAttackParameters,
]);
export type RequestedAttack = z.output<typeof requestedAttack>;

export interface PlannedAttack {
  readonly parameters: ResolvedAttack;
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
 * @throws M2atError `bad-input` for an epsilon of 0, one above 1 in linf, no attack at all, or a list of epsilons that
 * is out of range or fits none of the attacks; `unsupported` for an ensemble none of whose attacks exists
 */
export function planAttacks(
  requested: readonly RequestedAttack[],
  { ensemble = false, epsilons }: PlanOptions = {},
): AttackPlan {
  if (requested.length === 0) {
    throw new M2atError('bad-input', 'no attack was asked for', { where: 'attacks' });
  }
  const parts = requested.map(partOf);
  for (const { parameters } of parts) parameters.forEach(assertBudget);
  const asked = ensemble ? [joined(parts)] : parts;
  const all = [...asked, ...(epsilons ? planCurves(asked, epsilons) : [])];
  return {
    attacks: all.flatMap(({ parameters }, group) => parameters.map((one) => ({ parameters: one, group }))),
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
  const all = parts.flatMap(({ parameters }) => parameters);
  const targeted = all.filter(isTargeted);
  if (targeted.length > 0) {
    throw new M2atError('bad-input', `${targeted.map(({ name }) => name).join(', ')} in it aim at a class`, {
      where: 'ensemble',
      hint:
        'What one had moved to another class the next ones would leave out, and so reach too few targets. Attack ' +
        'without an ensemble.',
    });
  }
  const unbounded = all.filter(hasNoBudget);
  if (unbounded.length > 0 && unbounded.length < all.length) {
    throw new M2atError('bad-input', `${unbounded.map(({ name }) => name).join(', ')} in it has no budget`, {
      where: 'ensemble',
      hint: 'A perturbation of any size would count. Give an epsilon, or attack without an ensemble.',
    });
  }
  return {
    parameters: parts.flatMap(({ parameters }) => parameters),
    group: {
      name: 'ensemble',
      title: parts.map(({ group }) => group.title).join(' + '),
      ensemble: true,
      missing: parts.flatMap(({ group }) => group.missing),
    },
  };
}

function partOf(requested: RequestedAttack): PlannedPart {
  const { name } = requested;
  if (requested.name !== 'autoattack') {
    const parameters = resolveAttack(requested);
    const title = attackTitle(parameters);
    return { parameters: [parameters], group: { name, title, ensemble: false, missing: [] } };
  }
  const { attacks, missing } = autoAttackMembers(requested);
  if (attacks.length === 0) {
    throw new M2atError('unsupported', `AutoAttack ${requested.version} is not available yet`, {
      where: 'attack autoattack',
      hint: `It consists of ${missing.join(', ')}, none of which this version has.`,
    });
  }
  const title = autoAttackTitle(requested, missing);
  return { parameters: attacks.map(resolveAttack), group: { name, title, ensemble: true, missing } };
}

function autoAttackTitle(
  { version, norm, epsilon }: AutoAttackParameters,
  missing: readonly string[],
): string {
  const without = missing.length > 0 ? ` without ${missing.join(', ')}` : '';
  return `autoattack ${version} ${norm} ${fractionText(epsilon ?? usualEpsilon[norm])}${without}`;
}
