import { createApgd, createApgdTargeted } from './apgd';
import type { Attack } from './attack';
import { createBim } from './bim';
import { createCw } from './cw';
import { createDeepFool } from './deepfool';
import { createEad } from './ead';
import { isBlackBox } from './families';
import { createScoreAttack } from './forward-victim';
import { createFab } from './fab';
import { createFabTargeted } from './fab-t';
import { createFgsm } from './fgsm';
import { createFgsmRs } from './fgsm-rs';
import { createJsma } from './jsma';
import { createMiFgsm } from './mi-fgsm';
import { createPgd } from './pgd';
import type { ResolvedAttack } from './resolve-attack';
import { withScoreModel } from './score-model';
import type { Victim } from './victim';

/** Binds the attack that `parameters` describe to a victim. */
export function createAttack(victim: Victim, parameters: ResolvedAttack): Attack {
  if (isBlackBox(parameters)) return withScoreModel(victim, createScoreAttack, parameters);
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
    case 'deepfool':
      return createDeepFool(victim, parameters);
    case 'fab':
      return createFab(victim, parameters);
    case 'fab-t':
      return createFabTargeted(victim, parameters);
    case 'cw':
      return createCw(victim, parameters);
    case 'ead':
      return createEad(victim, parameters);
    case 'jsma':
      return createJsma(victim, parameters);
  }
}
