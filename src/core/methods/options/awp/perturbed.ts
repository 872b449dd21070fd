import * as tf from '@tensorflow/tfjs';
import type { TrainedNetwork } from '../../method';
import { l2Norm } from '../l2-norm';
import type { ScalarUpdate } from '../with-scalar';

/** Keeps a perturbation finite where a gradient is 0, as in the authors' code. */
const NORM_OFFSET = 1e-20;

/**
 * An update at moved weights: w becomes w + gamma d with d = ‖w‖ g / ‖g‖ for each kernel, g the gradient of the method's own
 * loss, 0 where g is; then comes the whole update, weight decay included; then gamma d is taken away again. The passes of g
 * do not move BatchNorm's statistics.
 * Wu et al., "Adversarial Weight Perturbation Helps Robust Generalization", NeurIPS 2020.
 */
export const perturbed: ScalarUpdate = (update, step, gamma) => {
  const { network } = step;
  const still: TrainedNetwork = {
    ...network,
    forward: (images, options) => network.forward(images, { ...options, updateStatistics: false }),
  };
  const kernels = network.parameters.filter(({ rank }) => rank > 1);
  const moves = step.gradients(still, kernels).gradients.map((gradient, i) => {
    const kernel = kernels[i] ?? gradient;
    const factor = tf.div(l2Norm(kernel), tf.add(l2Norm(gradient), NORM_OFFSET));
    return tf.mul(gradient, tf.mul(factor, gamma));
  });
  const move = (to: typeof tf.add): void => {
    for (const [i, kernel] of kernels.entries()) kernel.assign(to(kernel, moves[i] ?? NaN));
  };
  move(tf.add);
  const numbers = update(step);
  move(tf.sub);
  return numbers;
};
