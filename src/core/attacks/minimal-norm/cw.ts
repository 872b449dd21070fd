import * as tf from '@tensorflow/tfjs';
import type { CreateAttack } from '../base/attack';
import { constrainedSearch } from './constrained-search';
import type { CwParameters } from './cw-definition';
import { choose, fooled, goalMargin } from '../base/fooled';
import { imageGradient } from '../base/image-gradient';
import { minimalNormAttack } from '../budget/minimal-norm';
import { PacedLoop } from '../base/paced-loop';
import { intervalOf, progress, progressState } from '../base/progress-mask';
import { filled, keepSmallest } from './smallest-example';

/** Keeps the variable of a black or white pixel finite. */
const INSIDE = 0.999999;
const [BETA1, BETA2, STABLE] = [0.9, 0.999, 1e-8];
const imageAxes = [1, 2, 3];

/**
 * Carlini and Wagner's L2 attack: pixels are (tanh(w) + 1) / 2, and Adam minimises |x' - x|^2 + c * max(0, z_y - z_other +
 * confidence) over w, for the weights c of a binary search. Targeted, the term is max(0, z_other - z_target +
 * confidence). Of all steps of all weights an image keeps its smallest example.
 * Carlini and Wagner, "Towards Evaluating the Robustness of Neural Networks", IEEE S&P 2017.
 */
export const createCw: CreateAttack<CwParameters> = (victim, parameters) => {
  const { steps, stepSize, confidence, abortEarly, epsilon, targeted } = parameters;
  const goal = { targeted, confidence };
  const interval = intervalOf(steps, abortEarly);
  const loop = new PacedLoop(
    victim.device,
    'cw',
    ['shift', 'mean', 'square', ...progressState, 'found', 'size', 'success'],
    ['images', 'classes', 'weight'],
    (state, { images, classes, weight }) => {
      const { shift, mean, square, active } = state;
      const origin = tf.atanh(tf.mul(tf.sub(tf.mul(images, 2), 1), INSIDE));
      const bent = tf.tanh(tf.add(origin, shift));
      // Rounding may make tanh exceed 1, and a network need not be defined beyond [0, 1].
      const pixels = (tanh: tf.Tensor): tf.Tensor => tf.clipByValue(tf.mul(tf.add(tanh, 1), 0.5), 0, 1);
      const start = pixels(tf.tanh(origin));
      const example = pixels(bent);
      const missingOf = (x: tf.Tensor): tf.Tensor =>
        tf.relu(tf.sub(confidence, goalMargin(victim.logits(x), classes, goal)));
      const lossOf = (x: tf.Tensor): tf.Tensor => {
        const distance = tf.sum(tf.square(tf.sub(x, start)), imageAxes);
        return tf.add(tf.mul(weight, missingOf(x)), distance);
      };
      const loss = lossOf(example);
      // The slope of a pixel is (1 - tanh(w)^2) / 2.
      const slope = tf.relu(tf.mul(tf.sub(1, tf.square(bent)), 0.5));
      const gradient = tf.mul(imageGradient(victim, example, lossOf), slope);

      const counts = tf.mul(active, fooled(victim.logits(example), classes, goal));
      const sizes = tf.sum(tf.square(tf.sub(example, images)), imageAxes);

      const next = tf.add(state.step, 1);
      const newMean = tf.add(tf.mul(mean, BETA1), tf.mul(gradient, 1 - BETA1));
      const newSquare = tf.add(tf.mul(square, BETA2), tf.mul(tf.square(gradient), 1 - BETA2));
      const unbiased = (moment: tf.Tensor, beta: number): tf.Tensor =>
        tf.div(moment, tf.sub(1, tf.exp(tf.mul(next, Math.log(beta)))));
      const move = tf.div(
        tf.mul(unbiased(newMean, BETA1), stepSize),
        tf.add(tf.sqrt(unbiased(newSquare, BETA2)), STABLE),
      );
      const kept = keepSmallest(state, example, sizes, counts);
      return {
        shift: choose(active, tf.sub(shift, move), shift),
        mean: newMean,
        square: newSquare,
        ...progress(state, loss, missingOf(example), kept.success, interval),
        ...kept,
      };
    },
  );
  const search = constrainedSearch(victim.classes, parameters, loop, (images) => {
    const zeros = filled(images.shape, 0);
    return { shift: zeros, mean: zeros, square: zeros };
  });
  return minimalNormAttack(victim, { norm: 'l2', epsilon }, search);
};
