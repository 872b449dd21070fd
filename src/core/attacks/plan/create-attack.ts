import { createApgd, createApgdTargeted } from '../gradient/apgd';
import type { Attack } from '../base/attack';
import { createBim } from '../gradient/bim';
import { createCw } from '../minimal-norm/cw';
import { createDeepFool } from '../minimal-norm/deepfool';
import { createEad } from '../minimal-norm/ead';
import { isBlackBox } from './families';
import { createScoreAttack } from './forward-victim';
import { createFab } from '../minimal-norm/fab';
import { createFabTargeted } from '../minimal-norm/fab-t';
import { createFgsm } from '../gradient/fgsm';
import { createFgsmRs } from '../gradient/fgsm-rs';
import { createJsma } from '../minimal-norm/jsma';
import { createMiFgsm } from '../gradient/mi-fgsm';
import { createPgd } from '../gradient/pgd';
import type { ResolvedAttack } from './resolve-attack';
import { withScoreModel } from '../base/score-model';
import type { Victim } from '../base/victim';

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
