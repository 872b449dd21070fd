import type { Device } from '../../engine/devices/device';
import { M2atError } from '../../errors';
import type { Attack } from '../base/attack';
import { createBoundary } from '../decisions/boundary';
import { isBlackBox } from './families';
import { createHopSkipJump } from '../decisions/hop-skip-jump';
import { createNes } from '../scores/nes';
import type { ResolvedAttack } from './resolve-attack';
import type { ScoreModel } from '../base/score-model';
import { createSimba } from '../scores/simba';
import { createSpatial } from '../scores/spatial';
import { createSpsa } from '../scores/spsa';
import { createSquare } from '../scores/square';

/** A classifier under attack that has no gradient. */
export interface ForwardVictim {
  /** What runs beside the network. */
  readonly device: Device;
  readonly classes: number;
  readonly scores: ScoreModel;
}

/**
 * Binds an attack to a network of which there are only forward passes.
 * @throws M2atError `unsupported` for an attack that follows gradients
 */
export function createScoreAttack(model: ScoreModel, parameters: ResolvedAttack): Attack {
  if (!isBlackBox(parameters)) {
    throw new M2atError('unsupported', `${parameters.name} needs gradients, and this network has none`);
  }
  switch (parameters.name) {
    case 'square':
      return createSquare(model, parameters);
    case 'simba':
      return createSimba(model, parameters);
    case 'nes':
      return createNes(model, parameters);
    case 'spsa':
      return createSpsa(model, parameters);
    case 'hopskipjump':
      return createHopSkipJump(model, parameters);
    case 'boundary':
      return createBoundary(model, parameters);
    case 'spatial':
      return createSpatial(model, parameters);
  }
}
