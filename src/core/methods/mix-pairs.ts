import * as tf from '@tensorflow/tfjs';

/**
 * lambda * row + (1 - lambda) * the row of its partner, for use inside a program.
 * @param rows [N, …]
 * @param lambda [N]
 * @param partner int32 [N]
 */
export function mixPairs(rows: tf.Tensor, lambda: tf.Tensor, partner: tf.Tensor): tf.Tensor {
  const weight = tf.reshape(lambda, [-1, ...rows.shape.slice(1).map(() => 1)]);
  return tf.add(tf.mul(weight, rows), tf.mul(tf.sub(1, weight), tf.gather(rows, partner)));
}
