import { attackTitle, fractionText, type ResolvedAttack } from './resolve-attack';

/** Steps of one length within a ball. */
interface Steps {
  readonly epsilon: number;
  readonly stepSize: number;
  readonly steps: number;
}

/** Rounding is no reason for a warning. */
const SHORT = 1 - 1e-6;

/** What is wrong with attacks whose steps, all in one direction, don't reach as far as epsilon; each with what to do. */
export function stepWarnings(attacks: readonly ResolvedAttack[]): string[] {
  return [
    ...new Set(
      attacks.flatMap((attack) => {
        const taken = stepsOf(attack);
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

/** Of attacks whose step is a length in the norm of their ball. */
function stepsOf(attack: ResolvedAttack): Steps | undefined {
  switch (attack.name) {
    case 'pgd':
    case 'bim':
    case 'mi-fgsm':
    case 'nes':
      return attack;
    case 'fgsm-rs':
      return { ...attack, steps: 1 };
    case 'spsa':
      // Adam moves each value by about its rate.
      return attack.norm === 'linf' ? attack : undefined;
    default:
      return undefined;
  }
}
