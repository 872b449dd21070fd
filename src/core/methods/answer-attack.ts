import * as tf from '@tensorflow/tfjs';
import { firstOnDevice } from '../attacks/base/outputs';
import { layersModelVictim } from '../attacks/base/victim';
import type { Objective } from '../attacks/gradient/pgd-steps';
import { createInnerAttack, type InnerAttack } from './inner-attack';
import type { InnerAttackParameters } from './inner-attack-parameters';
import type { MethodNetwork } from './method';

/**
 * PGD away from the network's own answer: its probabilities on the images, which one forward pass computes before the steps,
 * and which stay on the device. No label is used.
 * @param objective takes logits and those probabilities, [N, classes]. Absent: their cross-entropy, whose gradient is that of
 * the KL divergence KL(answer on x ‖ answer on x').
 */
export function createAnswerAttack(
  network: MethodNetwork,
  parameters: InnerAttackParameters,
  objective?: Objective,
): InnerAttack {
  const victim = layersModelVictim(network.device, network.model, parameters.attackBatchNorm);
  const answer = network.device.compile('clean-answer', (images) => [tf.softmax(victim.logits(images))]);
  const attack = createInnerAttack(network, parameters, objective);
  return {
    async run(batch, signal) {
      const probabilities = firstOnDevice(await answer.runOnDevice(batch.images));
      try {
        return await attack.run(batch, signal, probabilities);
      } finally {
        probabilities.release();
      }
    },
    async dispose() {
      await answer.dispose();
      await attack.dispose();
    },
  };
}
