import * as tf from '@tensorflow/tfjs';
import { oneHot } from '../../data/batch';
import { float32 } from '../../engine/arrays/nd-array';
import type { CreateAttack } from '../base/attack';
import { classRanks } from '../base/class-ranks';
import type { DeepFoolParameters } from './deepfool-definition';
import { choose, fooled, perImage } from '../base/fooled';
import { minimalNormAttack } from '../budget/minimal-norm';
import { nearestBoundary } from './nearest-boundary';
import { floatOnDevice } from '../base/outputs';
import { PacedLoop } from '../base/paced-loop';

/** Pushes an iterate over the linearised boundary even where it is on it already. */
const BEYOND = 1e-4;
/** Steps between two looks at whether every image is done. */
const LOOK = 4;

/**
 * DeepFool: while an image is classified correctly, the network is linearised, and the iterate moves to the nearest
 * of the boundaries with the other candidate classes; the sum of the moves is stretched by 1 + overshoot.
 * Moosavi-Dezfooli, Fawzi and Frossard, "DeepFool: a simple and accurate method to fool deep neural networks",
 * CVPR 2016; constants as in foolbox.
 */
export const createDeepFool: CreateAttack<DeepFoolParameters> = (victim, parameters) => {
  const { norm, steps, overshoot, epsilon } = parameters;
  const others = Math.min(parameters.candidates, victim.classes) - 1;
  const loop = new PacedLoop(
    victim.device,
    `deepfool-${norm}`,
    ['iterate', 'total', 'done'],
    ['images', 'labels', 'ranks'],
    ({ iterate, total, done }, { images, labels, ranks }) => {
      const stop = tf.maximum(done, fooled(victim.logits(iterate), labels));
      const range = { first: tf.scalar(1), count: others };
      const { distance, gradient, length } = nearestBoundary(victim, iterate, { labels, ranks, norm, range });
      const far = tf.add(distance, BEYOND);
      const move =
        norm === 'l2'
          ? tf.mul(gradient, perImage(tf.div(far, tf.add(length, 1e-8))))
          : tf.mul(tf.sign(gradient), perImage(far));
      const sum = choose(stop, total, tf.add(total, move));
      const next = tf.clipByValue(tf.add(images, tf.mul(sum, 1 + overshoot)), 0, 1);
      return { iterate: next, total: sum, done: stop };
    },
  );

  return minimalNormAttack(
    victim,
    { norm, epsilon },
    {
      async find({ images, labels }, { logits }, { signal }) {
        if (others < 1) return images;
        const count = labels.length;
        const end = await loop.run({
          state: {
            iterate: images,
            total: float32(new Float32Array(images.data.length), images.shape),
            done: float32(new Float32Array(count), [count]),
          },
          constants: {
            images,
            labels: oneHot(labels, victim.classes),
            ranks: classRanks(logits, labels),
          },
          steps,
          count,
          signal,
          until: {
            every: LOOK,
            done: async ({ done }) => !(await done.read()).data.includes(0),
          },
        });
        end.total.release();
        end.done.release();
        return floatOnDevice(end.iterate);
      },
      dispose: () => loop.dispose(),
    },
  );
};
