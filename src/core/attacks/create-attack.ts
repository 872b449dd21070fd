import type { Attack } from './attack';
import { createFgsm } from './fgsm';
import { createPgd } from './pgd';
import type { ResolvedAttack } from './resolve-attack';
import type { Victim } from './victim';

/** Binds the attack that `parameters` describe to a victim. */
export function createAttack(victim: Victim, parameters: ResolvedAttack): Attack {
  switch (parameters.name) {
    case 'fgsm':
      return createFgsm(victim, parameters);
    case 'pgd':
      return createPgd(victim, parameters);
  }
}
