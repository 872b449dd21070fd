import * as tf from '@tensorflow/tfjs';
import { crossEntropy } from '../../../../src/core/attacks/base/cross-entropy';
import type { CreateMethod } from '../../../../src/core/methods/method';
import type { StabilityDraws, StabilityParameters } from './definition';

/**
 * Cross-entropy of the images, and the mean squared difference between their logits and those with noise added and
 * with the same noise subtracted. Zheng et al., "Improving the Robustness of Deep Neural Networks via Stability
 * Training", CVPR 2016.
 */
export const createStability: CreateMethod<StabilityParameters, StabilityDraws> = (
  _,
  { weight, deviation },
) => ({
  prepare: ({ images, targets, draws: { noise } }) => Promise.resolve([images, noise, targets]),
  loss(network, images, noise, targets) {
    const logits = network.forward(images, { batchNorm: 'train', updateStatistics: true });
    const added = network.forward(tf.add(images, noise), { batchNorm: 'train', updateStatistics: true });
    const taken = network.forward(tf.sub(images, noise), { batchNorm: 'train', updateStatistics: false });
    const apart = tf.add(tf.squaredDifference(added, logits), tf.squaredDifference(taken, logits));
    const loss = tf.add(tf.mean(crossEntropy(logits, targets)), tf.mul(tf.mean(apart), weight));
    return { logits, loss };
  },
  preview: ({ images, draws: { noise } }) =>
    Promise.resolve({
      columns: [
        { key: 'x', title: 'x', kind: 'image', data: images, predict: true },
        { key: 'noise', title: 'noise', kind: 'perturbation', data: noise, predict: false },
      ],
      epsilon: 3 * deviation,
    }),
  dispose: () => Promise.resolve(),
});
