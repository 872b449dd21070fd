import * as tf from '@tensorflow/tfjs';
import { firstFloat32, firstOnDevice, float32Output } from '../../attacks/base/outputs';
import { readArray, releaseArray } from '../../engine/arrays/device-array';
import { difference } from '../difference';
import { createInnerAttack } from '../inner-attack';
import type { CreateMethod } from '../method';
import {
  adversarialColumn,
  amplifiedBy,
  cleanColumn,
  imageColumn,
  perturbationColumn,
} from '../preview-columns';
import type { AvmixupDraws } from './draws';
import { trueShare, type AvmixupParameters } from './parameters';

/**
 * AVmixup: cross-entropy of w * x + (1 - w) * v, where the vertex v = clip(x + gamma * (x' - x), 0, 1) lies beyond the
 * PGD example x', with the labels w * phi(y, lambda1) + (1 - w) * phi(y, lambda2) and w ~ U(0, 1) an image. Neither the
 * vertex nor the mixture is kept in the epsilon ball.
 * Lee, Lee and Yoon, "Adversarial Vertex Mixup: Toward Better Adversarially Robust Generalization", CVPR 2020.
 */
export const createAvmixup: CreateMethod<AvmixupParameters, AvmixupDraws> = (network, parameters) => {
  const attack = createInnerAttack(network, parameters);
  const vertexOf = (x: tf.Tensor, perturbed: tf.Tensor): tf.Tensor =>
    tf.clipByValue(tf.add(x, tf.mul(tf.sub(perturbed, x), parameters.gamma)), 0, 1);
  const mixed = (x: tf.Tensor, vertex: tf.Tensor, weight: tf.Tensor): tf.Tensor => {
    const w = tf.reshape(weight, [-1, 1, 1, 1]);
    return tf.add(tf.mul(w, x), tf.mul(tf.sub(1, w), vertex));
  };
  const mix = network.device.compile('avmixup-mix', (x, perturbed, weight) => [
    mixed(x, vertexOf(x, perturbed), weight),
  ]);
  const parts = network.device.compile('avmixup-preview', (x, perturbed, weight) => {
    const vertex = vertexOf(x, perturbed);
    return [mixed(x, vertex, weight), vertex];
  });
  return {
    async prepare(batch, signal) {
      const perturbed = await attack.run(batch, signal);
      try {
        const images = await mix.runOnDevice(batch.images, perturbed, batch.draws.weight);
        return [firstOnDevice(images), batch.targets];
      } finally {
        releaseArray(perturbed);
      }
    },
    async preview(batch, signal) {
      const perturbed = await attack.run(batch, signal);
      try {
        const { images, draws } = batch;
        const outputs = await parts.run(images, perturbed, draws.weight);
        const xAdv = await readArray(perturbed);
        return {
          columns: [
            cleanColumn(images),
            perturbationColumn(difference(xAdv, images)),
            adversarialColumn(xAdv),
            imageColumn('vertex', avmixupHeadings.vertex, float32Output(outputs, 1)),
            imageColumn('xMix', avmixupHeadings.xMix, firstFloat32(outputs)),
          ],
          facts: [
            { ...weightFact, values: draws.weight.data },
            { ...shareFact, values: draws.weight.data.map((weight) => trueShare(parameters, weight)) },
          ],
          ...amplifiedBy(parameters),
        };
      } finally {
        releaseArray(perturbed);
      }
    },
    async dispose() {
      await attack.dispose();
      await mix.dispose();
      await parts.dispose();
    },
  };
};

/** How the columns of the sample grid are headed, by their keys. */
const avmixupHeadings = {
  vertex: {
    title: 'v = x + γ·δ',
    symbol: 'v',
    name: 'vertex',
    about: 'beyond the adversarial image: it may leave the budget',
  },
  xMix: { title: 'w·x + (1−w)·v', symbol: 'xₘᵢₓ', name: 'mixed' },
} as const;

const weightFact = {
  name: 'Weight of the clean image',
  symbol: 'w',
  about: 'the rest is the vertex',
} as const;
const shareFact = {
  name: 'Label of the true class',
  symbol: 't',
  about: 'the other classes share the rest',
  format: 'percent',
} as const;
