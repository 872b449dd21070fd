import * as tf from '@tensorflow/tfjs';
import type { CreateAttack } from '../base/attack';
import { constrainedSearch } from './constrained-search';
import type { EadParameters } from './ead-definition';
import { choose, fooled, goalMargin } from '../base/fooled';
import { imageGradient } from '../base/image-gradient';
import { minimalNormAttack } from '../budget/minimal-norm';
import { PacedLoop } from '../base/paced-loop';
import { perturbationNorm } from '../base/perturbation';
import { intervalOf, progress, progressState } from '../base/progress-mask';
import { keepSmallest } from './smallest-example';

const imageAxes = [1, 2, 3];

/**
 * Elastic-net attack: FISTA minimises beta * |d|_1 + |d|^2 + c * max(0, z_y - z_other + confidence) over the perturbation
 * d, for the weights c of a binary search; targeted, the term is max(0, z_other - z_target + confidence). The step size falls with the square root of the steps that are left.
 * Chen, Sharma, Zhang, Yi and Hsieh, "EAD: Elastic-Net Attacks to Deep Neural Networks via Adversarial Examples",
 * AAAI 2018.
 */
export const createEad: CreateAttack<EadParameters> = (victim, parameters) => {
  const { steps, stepSize, confidence, abortEarly, epsilon, beta, rule, targeted } = parameters;
  const goal = { targeted, confidence };
  const interval = intervalOf(steps, abortEarly);
  // FISTA looks beyond [0, 1], where a network that is not smooth at 0 or 1 is usually not defined.
  const reach = (ahead: tf.Tensor): tf.Tensor =>
    victim.gradientInside ? tf.clipByValue(ahead, 0, 1) : ahead;
  const loop = new PacedLoop(
    victim.device,
    `ead-${rule}`,
    ['iterate', 'ahead', ...progressState, 'found', 'size', 'success'],
    ['images', 'classes', 'weight'],
    (state, { images, classes, weight }) => {
      const { iterate, ahead, step, active } = state;
      const missingOf = (x: tf.Tensor): tf.Tensor =>
        tf.relu(tf.sub(confidence, goalMargin(victim.logits(x), classes, goal)));
      const smooth = (x: tf.Tensor): tf.Tensor => tf.add(tf.mul(weight, missingOf(x)), squares(x, images));
      const loss = tf.add(smooth(ahead), tf.mul(absolutes(ahead, images), beta));
      const gradient = imageGradient(victim, ahead, smooth);
      const rate = tf.mul(tf.sqrt(tf.sub(1, tf.div(step, steps))), stepSize);
      const next = shrink(tf.sub(ahead, tf.mul(gradient, rate)), images, beta);
      const inertia = tf.div(step, tf.add(step, 3));

      const counts = tf.mul(active, fooled(victim.logits(next), classes, goal));
      const length = absolutes(next, images);
      const sizes = rule === 'l1' ? length : tf.add(tf.mul(length, beta), squares(next, images));
      const kept = keepSmallest(state, next, sizes, counts);
      return {
        iterate: choose(active, next, iterate),
        ahead: choose(active, reach(tf.add(next, tf.mul(tf.sub(next, iterate), inertia))), ahead),
        ...progress(state, loss, missingOf(ahead), kept.success, interval),
        ...kept,
      };
    },
  );
  const search = constrainedSearch(victim.classes, parameters, loop, (images) => ({
    iterate: images,
    ahead: images,
  }));
  const measure = (clean: Float32Array, candidate: Float32Array): number => {
    const length = perturbationNorm(clean, candidate, 'l1');
    return rule === 'l1' ? length : beta * length + perturbationNorm(clean, candidate, 'l2') ** 2;
  };
  return minimalNormAttack(victim, { norm: 'l1', epsilon, measure }, search);
};

function squares(x: tf.Tensor, images: tf.Tensor): tf.Tensor {
  return tf.sum(tf.square(tf.sub(x, images)), imageAxes);
}

function absolutes(x: tf.Tensor, images: tf.Tensor): tf.Tensor {
  return tf.sum(tf.abs(tf.sub(x, images)), imageAxes);
}

/** Every value of the perturbation comes nearer to 0 by beta, and no further than to 0; then pixels are clipped. */
function shrink(x: tf.Tensor, images: tf.Tensor, beta: number): tf.Tensor {
  const delta = tf.sub(x, images);
  const shorter = tf.mul(tf.sign(delta), tf.relu(tf.sub(tf.abs(delta), beta)));
  return tf.clipByValue(tf.add(images, shorter), 0, 1);
}
