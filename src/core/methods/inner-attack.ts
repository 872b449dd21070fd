import type * as tf from '@tensorflow/tfjs';
import type { Attack } from '../attacks/attack';
import { createPgd } from '../attacks/pgd';
import { layersModelVictim } from '../attacks/victim';
import type { Device } from '../engine/device';
import type { PgdAtParameters } from './method-schema';

export type InnerAttackParameters = Omit<PgdAtParameters, 'name'>;

/** The inner maximisation of adversarial training: untargeted L-inf PGD, one restart. */
export function createInnerAttack(
  { device, model }: { readonly device: Device; readonly model: tf.LayersModel },
  { epsilon, stepSize, steps, randomStart, attackBatchNorm }: InnerAttackParameters,
): Attack {
  const parameters = { epsilon, stepSize, steps, randomStart, norm: 'linf', restarts: 1, targeted: false };
  return createPgd(layersModelVictim(device, model, attackBatchNorm), {
    name: 'pgd',
    ...parameters,
    norm: 'linf',
  });
}
