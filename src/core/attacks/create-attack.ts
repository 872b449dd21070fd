import { createApgd, createApgdTargeted } from './apgd';
import type { Attack } from './attack';
import { createBim } from './bim';
import { createBoundary } from './boundary';
import { createCw } from './cw';
import { createDeepFool } from './deepfool';
import { createEad } from './ead';
import { createFab } from './fab';
import { createFabTargeted } from './fab-t';
import { createFgsm } from './fgsm';
import { createFgsmRs } from './fgsm-rs';
import { createHopSkipJump } from './hop-skip-jump';
import { createNes } from './nes';
import { createJsma } from './jsma';
import { createMiFgsm } from './mi-fgsm';
import { createPgd } from './pgd';
import type { ResolvedAttack } from './resolve-attack';
import { withScoreModel } from './score-model';
import { createSimba } from './simba';
import { createSpatial } from './spatial';
import { createSpsa } from './spsa';
import { createSquare } from './square';
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
    case 'square':
      return withScoreModel(victim, createSquare, parameters);
    case 'simba':
      return withScoreModel(victim, createSimba, parameters);
    case 'nes':
      return withScoreModel(victim, createNes, parameters);
    case 'spsa':
      return withScoreModel(victim, createSpsa, parameters);
    case 'hopskipjump':
      return withScoreModel(victim, createHopSkipJump, parameters);
    case 'boundary':
      return withScoreModel(victim, createBoundary, parameters);
    case 'spatial':
      return withScoreModel(victim, createSpatial, parameters);
  }
}
