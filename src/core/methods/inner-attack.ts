import { PgdSteps, type Objective } from '../attacks/gradient/pgd-steps';
import { layersModelVictim } from '../attacks/base/victim';
import type { DeviceArray, ProgramInput } from '../engine/arrays/device-array';
import type { InnerAttackParameters, StartDraws } from './inner-attack-parameters';
import type { DrawnBatch, MethodNetwork } from './method';
import { shownClasses } from './shown-classes';

export { shownClasses } from './shown-classes';

/** The inner maximisation of adversarial training: untargeted PGD from the start that the batch carries. */
export interface InnerAttack {
  /**
   * @param targets what the objective takes; absent: the classes that the images show. The caller releases them.
   * @returns perturbed images, [N, H, W, C] in [0, 1]; the caller releases them
   * @throws M2atError `cancelled`
   */
  run(
    batch: DrawnBatch<StartDraws>,
    signal: AbortSignal,
    targets?: ProgramInput<'float32'>,
  ): Promise<DeviceArray<'float32'>>;
  dispose(): Promise<void>;
}

/** @param objective what the steps ascend, inside of their program; absent: the cross-entropy */
export function createInnerAttack(
  network: MethodNetwork,
  { norm, epsilon, stepSize, steps, attackBatchNorm }: InnerAttackParameters,
  objective?: Objective,
): InnerAttack {
  const victim = layersModelVictim(network.device, network.model, attackBatchNorm);
  const search = new PgdSteps(victim, { norm, epsilon, stepSize, steps, targeted: false }, { objective });
  return {
    run(batch, signal, targets = shownClasses(batch, network)) {
      const { images, draws, epsilonShare: scale } = batch;
      return search.run({ images, start: draws.start, targets, scale }, signal);
    },
    dispose: () => search.dispose(),
  };
}
