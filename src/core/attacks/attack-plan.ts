import * as z from 'zod';
import { M2atError } from '../errors';
import { attackParameters } from './attack-schema';
import { autoAttackMembers, autoAttackParameters, type AutoAttackParameters } from './autoattack';
import {
  attackTitle,
  budgetOf,
  fractionText,
  normOf,
  resolveAttack,
  type ResolvedAttack,
} from './resolve-attack';
import { usualEpsilon } from './usual-epsilon';

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
}

export interface AttackPlan {
  readonly attacks: readonly PlannedAttack[];
  readonly groups: readonly AttackGroup[];
}

/**
 * What is to be done, with every default stated.
 * @param ensemble makes one ensemble of all that is asked for
 * @throws M2atError `bad-input` for an epsilon of 0, one above 1 in linf, or no attack at all; `unsupported` for an
 * ensemble none of whose attacks exists
 */
export function planAttacks(requested: readonly RequestedAttack[], ensemble = false): AttackPlan {
  if (requested.length === 0) {
    throw new M2atError('bad-input', 'no attack was asked for', { where: 'attacks' });
  }
  const parts = requested.map(partOf);
  for (const { parameters } of parts) parameters.forEach(assertBudget);
  if (!ensemble) {
    return {
      attacks: parts.flatMap(({ parameters }, group) =>
        parameters.map((one) => ({ parameters: one, group })),
      ),
      groups: parts.map(({ group }) => group),
    };
  }
  const title = parts.map(({ group }) => group.title).join(' + ');
  const missing = parts.flatMap(({ group }) => group.missing);
  return {
    attacks: parts.flatMap(({ parameters }) => parameters.map((one) => ({ parameters: one, group: 0 }))),
    groups: [{ name: 'ensemble', title, ensemble: true, missing }],
  };
}

function partOf(requested: RequestedAttack): { parameters: ResolvedAttack[]; group: AttackGroup } {
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

function assertBudget(attack: ResolvedAttack): void {
  const epsilon = budgetOf(attack);
  const where = `attack ${attack.name}: epsilon`;
  if (epsilon === 0) {
    throw new M2atError('bad-input', 'is 0: no perturbation is allowed, so there is nothing to attack', {
      where,
      hint: 'The robust accuracy would be the clean accuracy. Usual for linf is 8/255.',
    });
  }
  if (normOf(attack) === 'linf' && epsilon > 1 && Number.isFinite(epsilon)) {
    throw new M2atError('bad-input', `is ${fractionText(epsilon)}: for linf it is at most 1`, {
      where,
      hint: 'Pixels are in [0, 1]; eight grey levels are 8/255.',
    });
  }
}
