import { PgdSteps } from '../attacks/gradient/pgd-steps';
import { layersModelVictim } from '../attacks/base/victim';
import { oneHot } from '../data/batch';
import type { DeviceArray } from '../engine/arrays/device-array';
import type { InnerAttackParameters, StartDraws } from './inner-attack-parameters';
import type { DrawnBatch, MethodNetwork } from './method';

/** The inner maximisation of adversarial training: untargeted L-inf PGD from the start that the batch carries. */
export interface InnerAttack {
  /**
   * @returns perturbed images, [N, H, W, C] in [0, 1]; the caller releases them
   * @throws M2atError `cancelled`
   */
  run(batch: DrawnBatch<StartDraws>, signal: AbortSignal): Promise<DeviceArray<'float32'>>;
  dispose(): Promise<void>;
}

export function createInnerAttack(
  network: MethodNetwork,
  { epsilon, stepSize, steps, attackBatchNorm }: InnerAttackParameters,
): InnerAttack {
  const victim = layersModelVictim(network.device, network.model, attackBatchNorm);
  const search = new PgdSteps(victim, { norm: 'linf', epsilon, stepSize, steps, targeted: false });
  return {
    run: ({ images, labels, draws: { start } }, signal) =>
      // The attack follows the true classes, also where the network is trained on smoothed ones.
      search.run({ images, start, targets: oneHot(labels, network.classes) }, signal),
    dispose: () => search.dispose(),
  };
}
