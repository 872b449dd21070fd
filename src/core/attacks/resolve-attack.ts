import type { AttackParameters, FgsmParameters, PgdParameters } from './attack-schema';
import type { Norm } from './perturbation';

export type ResolvedFgsm = FgsmParameters;
export type ResolvedPgd = PgdParameters & { readonly epsilon: number; readonly stepSize: number };
export type ResolvedAttack = ResolvedFgsm | ResolvedPgd;

/**
 * Fills in the defaults that depend on other parameters, so that an experiment and a report state every
 * number. PGD: epsilon 8/255 and step 2/255 for linf; epsilon 0.5 and step 2.5 * epsilon / steps for l2.
 */
export function resolveAttack(parameters: AttackParameters): ResolvedAttack {
  switch (parameters.name) {
    case 'fgsm':
      return parameters;
    case 'pgd': {
      const { norm, steps } = parameters;
      const epsilon = parameters.epsilon ?? (norm === 'linf' ? 8 / 255 : 0.5);
      const stepSize = parameters.stepSize ?? (norm === 'linf' ? 2 / 255 : (2.5 * epsilon) / steps);
      return { ...parameters, epsilon, stepSize };
    }
  }
}

export function normOf(attack: ResolvedAttack): Norm {
  return 'norm' in attack ? attack.norm : 'linf';
}

/** The largest perturbation that counts, in the attack's norm; Infinity where any does. */
export function budgetOf(attack: ResolvedAttack): number {
  return attack.epsilon;
}

/** A short name, such as `pgd-20 linf 8/255`; what differs from the usual set-up is added. */
export function attackTitle(attack: ResolvedAttack): string {
  switch (attack.name) {
    case 'fgsm':
      return [`fgsm linf ${fractionText(attack.epsilon)}`, attack.targeted && 'targeted']
        .filter(Boolean)
        .join(', ');
    case 'pgd': {
      const usual = resolveAttack({ ...attack, stepSize: undefined }) as ResolvedPgd;
      return [
        `pgd-${attack.steps} ${attack.norm} ${fractionText(attack.epsilon)}`,
        attack.stepSize !== usual.stepSize && `step ${fractionText(attack.stepSize)}`,
        attack.restarts > 1 && `${attack.restarts} restarts`,
        !attack.randomStart && 'no random start',
        attack.targeted && 'targeted',
      ]
        .filter(Boolean)
        .join(', ');
    }
  }
}

/** A number that is short as a decimal, otherwise a whole number of grey levels such as `8/255`. */
export function fractionText(value: number): string {
  const short = Number(value.toPrecision(4));
  const levels = Math.round(value * 255);
  const whole = levels > 0 && Math.abs(levels / 255 - value) < 1e-9;
  return short !== value && whole ? `${levels}/255` : String(short);
}
