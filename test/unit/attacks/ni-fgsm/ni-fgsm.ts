import * as tf from '@tensorflow/tfjs';
import type { CreateAttack } from '../../../../src/core/attacks/base/attack';
import { nearestImage } from '../../../../src/core/attacks/budget/ball';
import { fixedEpsilon } from '../../../../src/core/attacks/budget/fixed-epsilon';
import { floatOnDevice } from '../../../../src/core/attacks/base/outputs';
import { PacedLoop } from '../../../../src/core/attacks/base/paced-loop';
import { inputGradient } from '../../../../src/core/attacks/base/image-gradient';
import { oneHot } from '../../../../src/core/data/batch';
import { float32 } from '../../../../src/core/engine/arrays/nd-array';
import type { NiFgsmParameters } from './ni-fgsm-definition';

/** NI-FGSM: MI-FGSM whose gradient is taken where the momentum leads to. Lin et al., ICLR 2020. Norm: L-inf. */
export const createNiFgsm: CreateAttack<NiFgsmParameters> = (victim, { epsilon, steps, decay }) => {
  const stepSize = epsilon / steps;
  const loop = new PacedLoop(
    victim.device,
    'ni-fgsm',
    ['x', 'velocity'],
    ['images', 'labels'],
    ({ x, velocity }, { images, labels }) => {
      const ahead = tf.add(x, tf.mul(velocity, decay * stepSize));
      const gradient = inputGradient(victim, ahead, labels);
      const size = tf.maximum(tf.mean(tf.abs(gradient), [1, 2, 3], true), 1e-30);
      const next = tf.add(tf.mul(velocity, decay), tf.div(gradient, size));
      const moved = tf.add(x, tf.mul(tf.sign(next), stepSize));
      return { x: nearestImage('linf', images, moved, epsilon), velocity: next };
    },
  );
  const options = { norm: 'linf', epsilon, dispose: () => loop.dispose() } as const;
  return fixedEpsilon(victim, options, async ({ images, labels }, { signal }) => {
    const state = { x: images, velocity: float32(new Float32Array(images.data.length), images.shape) };
    const constants = { images, labels: oneHot(labels, victim.classes) };
    const { x, velocity } = await loop.run({ state, constants, steps, count: labels.length, signal });
    velocity.release();
    return floatOnDevice(x);
  });
};
