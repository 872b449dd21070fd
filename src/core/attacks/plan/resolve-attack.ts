import type { ApgdParameters, ApgdTargetedParameters } from '../gradient/apgd-definition';
import {
  attackParameters,
  type AttackParameters,
  type FgsmParameters,
  type PgdParameters,
} from './attack-schema';
import { defaultStep } from '../budget/default-step';
import { resolveNes, type NesParameters, type ResolvedNes } from '../scores/nes-definition';
import type { Norm } from '../parameters/attack-parameters';
import {
  resolvePgdVariant,
  type BimParameters,
  type FgsmRsParameters,
  type MiFgsmParameters,
  type ResolvedBim,
  type ResolvedFgsmRs,
  type ResolvedMiFgsm,
} from '../gradient/pgd-variants-definition';
import { resolveSimba, type ResolvedSimba, type SimbaParameters } from '../scores/simba-definition';
import { resolveSpsa, type ResolvedSpsa, type SpsaParameters } from '../scores/spsa-definition';
import { targetRuleOf } from '../parameters/target-rule';
import type { StoredAttack } from '../parameters/stored-attack';
import { resolveSquare, type ResolvedSquare, type SquareParameters } from '../scores/square-definition';
import { usualEpsilon } from '../budget/usual-epsilon';

export type ResolvedFgsm = FgsmParameters;
export type ResolvedPgd = PgdParameters & { readonly epsilon: number; readonly stepSize: number };
export type ResolvedApgd = ApgdParameters & { readonly epsilon: number };
export type ResolvedApgdTargeted = ApgdTargetedParameters & { readonly epsilon: number };
/** Parameters without defaults that depend on others. */
type AlreadyResolved = Exclude<
  AttackParameters,
  | PgdParameters
  | FgsmRsParameters
  | BimParameters
  | MiFgsmParameters
  | ApgdParameters
  | ApgdTargetedParameters
  | SquareParameters
  | SimbaParameters
  | NesParameters
  | SpsaParameters
>;
export type ResolvedAttack =
  | AlreadyResolved
  | ResolvedPgd
  | ResolvedFgsmRs
  | ResolvedBim
  | ResolvedMiFgsm
  | ResolvedApgd
  | ResolvedApgdTargeted
  | ResolvedSquare
  | ResolvedSimba
  | ResolvedNes
  | ResolvedSpsa;

/**
 * Fills in the defaults that depend on other parameters, so that an experiment and a report state every
 * number: epsilon 8/255 for linf, 0.5 for l2, 12 for l1; the step as the attack's usual share of epsilon (PGD: a quarter
 * for linf, 2.5 * epsilon / steps otherwise); and how a targeted attack aims.
 */
export function resolveAttack(parameters: AttackParameters): ResolvedAttack {
  const resolved = withSizes(parameters);
  const target = targetRuleOf(resolved);
  return target === undefined || !('targeted' in resolved)
    ? resolved
    : { ...resolved, targeted: true, target };
}

function withSizes(parameters: AttackParameters): ResolvedAttack {
  switch (parameters.name) {
    case 'pgd': {
      const { norm, steps } = parameters;
      const epsilon = parameters.epsilon ?? usualEpsilon[norm];
      const usual = { step: 2 / 255, epsilon: usualEpsilon.linf };
      const stepSize =
        parameters.stepSize ??
        (norm === 'linf' ? defaultStep(norm, epsilon, usual) : (2.5 * epsilon) / steps);
      return { ...parameters, epsilon, stepSize };
    }
    case 'apgd-ce':
    case 'apgd-dlr':
    case 'apgd-t':
      return { ...parameters, epsilon: parameters.epsilon ?? usualEpsilon[parameters.norm] };
    case 'fgsm-rs':
    case 'bim':
    case 'mi-fgsm':
      return resolvePgdVariant(parameters);
    case 'square':
      return resolveSquare(parameters);
    case 'simba':
      return resolveSimba(parameters);
    case 'nes':
      return resolveNes(parameters);
    case 'spsa':
      return resolveSpsa(parameters);
    default:
      return parameters;
  }
}

/** Whether an attack's perturbations are measured: a turned or shifted image has no norm to speak of. */
export function hasNorm({ name }: { readonly name: string }): boolean {
  return name !== 'spatial';
}

/** What perturbations are compared by. To be shown only where {@link hasNorm} says so. */
export function normOf(attack: AttackParameters): Norm;
export function normOf(attack: StoredAttack): string;
export function normOf(attack: StoredAttack): string {
  switch (attack.name) {
    case 'cw':
      return 'l2';
    case 'ead':
      return 'l1';
    case 'jsma':
      return 'l0';
    default:
      return attack.norm ?? 'linf';
  }
}

/** The largest perturbation that counts, in the attack's norm; Infinity where any does. */
export function budgetOf({ epsilon = Infinity }: StoredAttack): number {
  return epsilon;
}

/**
 * A short name, such as `pgd-20 linf 8/255`; whatever differs from the default is added.
 * @param withBudget false: without epsilon, and the step that goes with it
 */
export function attackTitle(attack: ResolvedAttack, withBudget = true): string {
  const { name } = attack;
  // What titles state anyway, and what other defaults depend on.
  const stated = pickDefined(attack, ['norm', 'epsilon', 'steps']);
  const usual = new Map<string, unknown>(
    Object.entries(resolveAttack(attackParameters.parse({ name, ...stated }))),
  );
  const steps = 'steps' in stated && (name === 'pgd' || name === 'bim') ? `-${String(stated.steps)}` : '';
  const budget = budgetOf(attack);
  const changed = Object.entries(attack).filter(
    ([key, value]) =>
      !(key in stated) &&
      value !== usual.get(key) &&
      (withBudget || key !== 'stepSize') &&
      // One of the two says it: `targeted`, or `target second`.
      key !== (targetRuleOf(attack) === 'next' ? 'target' : 'targeted'),
  );
  // Numbers first, then what is on or off.
  const changes = [
    ...changed.filter(([, value]) => typeof value !== 'boolean'),
    ...changed.filter(([, value]) => typeof value === 'boolean'),
  ].map(([key, value]) => changeText(key, value as unknown));
  const normal = attackParameters.parse({ name });
  const otherSteps =
    'steps' in stated && !steps && 'steps' in normal && normal.steps !== stated.steps
      ? [`${String(stated.steps)} steps`]
      : [];
  const head = [
    `${name}${steps}`,
    ...(hasNorm(attack) ? [normOf(attack)] : []),
    ...(withBudget && Number.isFinite(budget) ? [fractionText(budget)] : []),
  ];
  return [head.join(' '), ...otherSteps, ...changes].join(', ');
}

function pickDefined(from: object, keys: readonly string[]): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(from).filter(([key, value]) => keys.includes(key) && value !== undefined),
  );
}

/** `{ stepSize: 0.2 }` as `step 0.2`, `{ restarts: 3 }` as `3 restarts`, `{ randomStart: false }` as `no random start`. */
function changeText(key: string, value: unknown): string {
  const words = key.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`).replace(/ size$/, '');
  if (typeof value === 'boolean') return value ? words : `no ${words}`;
  if (typeof value !== 'number' || key === 'target') return `${words} ${String(value)}`;
  return words.endsWith('s') ? `${value} ${words}` : `${words} ${fractionText(value)}`;
}

/** A number that is short as a decimal, otherwise a whole number of grey levels such as `8/255`. */
export function fractionText(value: number): string {
  const short = Number(value.toPrecision(4));
  const levels = Math.round(value * 255);
  const whole = levels > 0 && Math.abs(levels / 255 - value) < 1e-9;
  return short !== value && whole ? `${levels}/255` : String(short);
}
