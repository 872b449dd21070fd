import { createApgd, createApgdTargeted } from './apgd';
import type { Attack } from './attack';
import { createFgsm } from './fgsm';
import { createBim, createFgsmRs, createMiFgsm, createPgd } from './pgd';
import type { ResolvedAttack } from './resolve-attack';
import type { Victim } from './victim';

/** Binds the attack that `parameters` describe to a victim. */
export function createAttack(victim: Victim, parameters: ResolvedAttack): Attack {
  switch (parameters.name) {
    case 'fgsm':
      return createFgsm(victim, parameters);
    case 'pgd':
      return createPgd(victim, parameters);
    case 'fgsm-rs':
      return createFgsmRs(victim, parameters);
    case 'bim':
      return createBim(victim, parameters);
    case 'mi-fgsm':
      return createMiFgsm(victim, parameters);
    case 'apgd-ce':
    case 'apgd-dlr':
      return createApgd(victim, parameters);
    case 'apgd-t':
      return createApgdTargeted(victim, parameters);
  }
}
