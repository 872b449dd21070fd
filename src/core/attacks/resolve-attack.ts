import type { AttackParameters, FgsmParameters, PgdParameters } from './attack-schema';

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

export function normOf(attack: ResolvedAttack): 'linf' | 'l2' {
  return attack.name === 'pgd' ? attack.norm : 'linf';
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

/** `8/255` for a whole number of grey levels, otherwise up to four significant digits. */
export function fractionText(value: number): string {
  const levels = Math.round(value * 255);
  const exact = levels > 0 && levels < 255 && Math.abs(levels / 255 - value) < 1e-9;
  return exact ? `${levels}/255` : String(Number(value.toPrecision(4)));
}
