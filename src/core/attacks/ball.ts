import * as tf from '@tensorflow/tfjs';

/** The set of allowed perturbations of a norm, centred at 0. Tensors are [N, H, W, C], each image on its own. */
export interface Ball {
  /** The steepest direction: of length 1 in this norm. 0 where the gradient is 0. */
  direction(gradient: tf.Tensor): tf.Tensor;
  /** The nearest perturbation inside the ball. */
  project(delta: tf.Tensor, epsilon: number): tf.Tensor;
}

const linf: Ball = {
  direction: (gradient) => tf.sign(gradient),
  project: (delta, epsilon) => tf.clipByValue(delta, -epsilon, epsilon),
};

/** Keeps divisions finite; far below any length that matters. */
const TINY = 1e-12;
const imageAxes = [1, 2, 3];

const l2: Ball = {
  direction(gradient) {
    // Scaled by the largest entry first: the squares of a small gradient would underflow.
    const largest = tf.max(tf.abs(gradient), imageAxes, true);
    const scaled = tf.div(gradient, tf.maximum(largest, 1e-30));
    return tf.div(scaled, tf.maximum(l2Norm(scaled), TINY));
  },
  project(delta, epsilon) {
    return tf.mul(delta, tf.minimum(tf.div(epsilon, tf.maximum(l2Norm(delta), TINY)), 1));
  },
};

export const balls: Readonly<Record<'linf' | 'l2', Ball>> = { linf, l2 };

function l2Norm(tensor: tf.Tensor): tf.Tensor {
  return tf.sqrt(tf.sum(tf.square(tensor), imageAxes, true));
}
