import * as tf from '@tensorflow/tfjs';
import { oneHot } from '../../data/batch';
import { type CreateAttack } from '../base/attack';
import { cancellationPoint } from '../../cancellation';
import { inputGradient } from '../base/image-gradient';
import { firstOnDevice } from '../base/outputs';
import type { FgsmParameters } from './fgsm-definition';
import { goalsOf } from '../base/targets';

/**
 * Fast Gradient Sign Method: x + epsilon * sign(dL/dx), clipped to [0, 1]; L is the cross-entropy.
 * Targeted: a step down the loss of the target. Norm: L-inf.
 * Goodfellow, Shlens and Szegedy, "Explaining and Harnessing Adversarial Examples", ICLR 2015.
 */
export const createFgsm: CreateAttack<FgsmParameters> = (victim, { epsilon, targeted }) => {
  const step = victim.device.compile('fgsm', (images, targets) => {
    const direction = tf.sign(inputGradient(victim, images, targets));
    const moved = tf.add(images, tf.mul(direction, targeted ? -epsilon : epsilon));
    return [tf.clipByValue(moved, 0, 1)];
  });
  return {
    async perturb(batch, { signal }) {
      await cancellationPoint(signal);
      const goals = oneHot(goalsOf(batch, targeted), victim.classes);
      return firstOnDevice(await step.runOnDevice(batch.images, goals));
    },
    dispose: () => step.dispose(),
  };
};
