import * as tf from '@tensorflow/tfjs';
import { NORM_OFFSET } from './definition';

/** Gradients, scaled together so that their L2 norm is not above the largest one; inside of a program. */
export function clipped(gradients: readonly tf.Tensor[], largest: number): tf.Tensor[] {
  const squares = gradients.map((gradient) => tf.sum(tf.square(gradient)));
  const norm = tf.sqrt(tf.addN(squares));
  const factor = tf.minimum(tf.div(largest, tf.add(norm, NORM_OFFSET)), 1);
  return gradients.map((gradient) => tf.mul(gradient, factor));
}
