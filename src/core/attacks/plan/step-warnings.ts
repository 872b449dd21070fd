import { fractionText } from '../../fraction';
import type { Steps } from '../base/define-attack';
import { attackTitle } from './attack-title';
import type { ResolvedAttack } from './resolve-attack';

/** Rounding is no reason for a warning. */
const SHORT = 1 - 1e-6;

/** What is wrong with attacks whose steps, all in one direction, don't reach as far as epsilon; each with what to do. */
export function stepWarnings(attacks: readonly ResolvedAttack[]): string[] {
  return [
    ...new Set(
      attacks.flatMap((attack) => {
        const taken = attack.definition.steps(attack.parameters);
        return taken ? shortStepWarning(attackTitle(attack), taken) : [];
      }),
    ),
  ];
}

/** @param title of what takes the steps */
export function shortStepWarning(title: string, { epsilon, stepSize, steps }: Steps): string[] {
  if (steps * stepSize >= epsilon * SHORT) return [];
  const count = steps === 1 ? 'one step' : `${steps} steps`;
  return [
    `${title}: ${count} of ${fractionText(stepSize)} can't reach epsilon, ${fractionText(epsilon)}. What lies further ` +
      'out is not tried, so the robust accuracy may be too high. Take more or larger steps; without a step size it ' +
      'follows epsilon.',
  ];
}
