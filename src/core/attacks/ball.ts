import * as tf from '@tensorflow/tfjs';
import { float32, type NdArray } from '../engine/nd-array';
import type { Random } from '../random';

/** The set of allowed perturbations of a norm, centred at 0. Tensors are [N, H, W, C], each image on its own. */
export interface Ball {
  /** The steepest direction: of length 1 in this norm. 0 where the gradient is 0. */
  direction(gradient: tf.Tensor): tf.Tensor;
  /** The nearest perturbation inside the ball. */
  project(delta: tf.Tensor, epsilon: number): tf.Tensor;
  /** A random perturbation inside the ball. */
  randomStart(shape: readonly number[], epsilon: number, random: Random): NdArray<'float32'>;
}

const linf: Ball = {
  direction: (gradient) => tf.sign(gradient),
  project: (delta, epsilon) => tf.clipByValue(delta, -epsilon, epsilon),
  randomStart(shape, epsilon, random) {
    const noise = new Float32Array(sizeOfShape(shape));
    random.fillUniform(noise, -epsilon, epsilon);
    return float32(noise, shape);
  },
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
  /** A uniform direction with a uniform length in [0, epsilon), as torchattacks does. */
  randomStart(shape, epsilon, random) {
    const noise = new Float32Array(sizeOfShape(shape));
    const size = noise.length / (shape[0] ?? 1);
    for (let n = 0; n < noise.length; n += size) {
      let squares = 0;
      for (let i = n; i < n + size; i++) {
        const value = random.normal();
        noise[i] = value;
        squares += value * value;
      }
      const scale = (epsilon * random.uniform()) / Math.sqrt(squares);
      for (let i = n; i < n + size; i++) noise[i] = (noise[i] ?? 0) * scale;
    }
    return float32(noise, shape);
  },
};

export const balls: Readonly<Record<'linf' | 'l2', Ball>> = { linf, l2 };

function l2Norm(tensor: tf.Tensor): tf.Tensor {
  return tf.sqrt(tf.sum(tf.square(tensor), imageAxes, true));
}

function sizeOfShape(shape: readonly number[]): number {
  return shape.reduce((size, dimension) => size * dimension, 1);
}
