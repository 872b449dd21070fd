import type { Device } from '../../engine/devices/device';
import type { ScoreModel } from './score-model';

/** A classifier under attack that has no gradient. */
export interface ForwardVictim {
  /** What runs beside the network. */
  readonly device: Device;
  readonly classes: number;
  readonly scores: ScoreModel;
}
