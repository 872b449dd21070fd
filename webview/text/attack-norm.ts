import { hasNorm, normOf, type KnownAttack } from '../../src/core/attacks/parameters/known-attack';
import type { AttackReport } from '../../src/core/records/run-files';
import * as format from './format';

type Attack = AttackReport['attacks'][number];

/** What the host says of an attack. */
export function known<Told extends Pick<Attack, 'definition' | 'parameters'>>(
  attack: Told,
): Told & KnownAttack {
  return { ...attack, definition: attack.definition ?? { norms: ['linf'] } };
}

/** What a norm is called on the page. */
export function normName(norm: string): string {
  return norm === 'linf' ? 'L∞' : norm.toUpperCase();
}

/** The norm that an attack measures its perturbations in; undefined for a transformation of the image. */
export function attackNorm(attack: Attack): string | undefined {
  return hasNorm(known(attack)) ? normOf(known(attack)) : undefined;
}

/** The budget of an attack, in its norm; undefined where any perturbation counts. */
export function attackBudget({ parameters }: Attack): number | undefined {
  return parameters.epsilon;
}

/** The size of a perturbation: `7.9/255` in L-inf, as a number of pixels in L0, else a number. */
export function normText(norm: string | undefined, value: number | undefined): string {
  if (value === undefined || !Number.isFinite(value)) return format.NONE;
  if (norm === 'linf') return `${trimmed(value * 255, 2)}/255`;
  return norm === 'l0' ? format.integer(value) : trimmed(value, 3);
}

/** The same under an axis, where there is little room. */
export function normTick(norm: string, value: number): string {
  if (norm === 'linf') return `${trimmed(value * 255, 1)}/255`;
  return norm === 'l0' ? format.integer(value) : trimmed(value, Math.abs(value) < 0.1 ? 3 : 2);
}

/** At most so many decimals, and none that is 0. */
function trimmed(value: number, decimals: number): string {
  const least = 10 ** -decimals;
  if (value > 0 && value < least / 2) return `<${least}`;
  return String(Number(value.toFixed(decimals)));
}
