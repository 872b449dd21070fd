import * as tf from '@tensorflow/tfjs';
import { crossEntropy } from '../../attacks/base/cross-entropy';
import { float32Output } from '../../attacks/base/outputs';
import { scalar } from '../../engine/arrays/nd-array';
import { M2atError } from '../../errors';
import type { Draws } from '../draws';
import type { CreateMethod } from '../method';
import { adversarialColumn, cleanColumn, perturbationColumn } from '../preview-columns';
import type { FreeParameters } from './definition';

const surviving = {
  ...{ title: 'δ', symbol: 'δ', name: 'surviving' },
  about: 'what the batch before left at this place of the batch, amplified',
};
const clipped = { title: 'clip(x + δ)', symbol: 'x + δ', name: 'adversarial' };

/**
 * Free adversarial training: a batch is trained on several times with a perturbation [N, H, W, C] that each backward pass moves
 * by epsilon along the sign of its gradient, and that the next batch begins with.
 * Shafahi et al., "Adversarial Training for Free!", NeurIPS 2019.
 */
export const createFree: CreateMethod<FreeParameters, Draws> = (network, parameters) => {
  const { device, model, batchSize } = network;
  const [, ...size] = model.inputs[0]?.shape ?? [];
  const perturbation = tf.tidy(() => tf.variable(tf.zeros([batchSize, ...size.map(Number)]), true));
  const perturbed = (images: tf.Tensor): tf.Tensor => {
    const moved = tf.add(images, perturbation);
    return parameters.clip === 'network' ? tf.clipByValue(moved, 0, 1) : moved;
  };
  const shown = device.compile('free-preview', (images) => [
    tf.add(tf.zerosLike(images), perturbation),
    tf.clipByValue(tf.add(images, perturbation), 0, 1),
  ]);
  return {
    state: [perturbation],
    replays: parameters.replays,
    prepare({ images, targets, epsilonShare }) {
      const budget = epsilonShare === undefined ? [] : [scalar(epsilonShare * parameters.epsilon)];
      return Promise.resolve([images, targets, ...budget]);
    },
    loss(network, images, targets) {
      const logits = network.forward(perturbed(images), { batchNorm: 'train', updateStatistics: true });
      return { logits, loss: tf.mean(crossEntropy(logits, targets)) };
    },
    update(step) {
      const [images, , epsilon = tf.scalar(parameters.epsilon)] = step.inputs;
      const { parameters: weights } = step.network;
      const { gradients, ...numbers } = step.gradients(step.network, [...weights, perturbation]);
      const gradient = gradients.at(-1);
      if (!images || !gradient) throw new M2atError('internal', 'a replay lacks its images');
      const moved = tf.add(perturbation, tf.mul(tf.sign(gradient), epsilon));
      const inside = tf.minimum(tf.maximum(moved, tf.neg(epsilon)), epsilon);
      perturbation.assign(
        parameters.clip === 'network'
          ? inside
          : tf.minimum(tf.maximum(inside, tf.neg(images)), tf.sub(1, images)),
      );
      step.apply(gradients.slice(0, -1));
      return numbers;
    },
    async preview({ images }) {
      const outputs = await shown.run(images);
      const [delta, xAdv] = [float32Output(outputs, 0), float32Output(outputs, 1)];
      return {
        columns: [
          cleanColumn(images),
          perturbationColumn(delta, surviving),
          adversarialColumn(xAdv, clipped),
        ],
        epsilon: parameters.epsilon,
      };
    },
    async dispose() {
      await shown.dispose();
      perturbation.dispose();
    },
  };
};
