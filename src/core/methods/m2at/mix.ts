import * as tf from '@tensorflow/tfjs';

/** What M2AT makes of an image and its perturbation; each [N, H, W, C] in [0, 1]. */
export interface Mixture {
  readonly x1: tf.Tensor;
  readonly x2: tf.Tensor;
  readonly mixed: tf.Tensor;
}

/**
 * The partially perturbed images, x1 = x + M * delta and x2 = x + (1 - M) * delta, and their mixture
 * lambda * x1 + (1 - lambda) * x2. For use inside a program.
 *
 * Given x and x + delta, x1 and x2 are a selection (products with 0 and 1), which rounds nothing. The mixture is
 * rounded in float32 and then kept between x1 and x2, so that it leaves neither [0, 1] nor the epsilon ball.
 * @param x, perturbed [N, H, W, C], finite
 * @param mask [N, H, W, 1], 0 or 1
 * @param lambda [N], in [0, 1]
 */
export function mixture(x: tf.Tensor, perturbed: tf.Tensor, mask: tf.Tensor, lambda: tf.Tensor): Mixture {
  const rest = tf.sub(1, mask);
  const x1 = tf.add(tf.mul(mask, perturbed), tf.mul(rest, x));
  const x2 = tf.add(tf.mul(rest, perturbed), tf.mul(mask, x));
  const weight = tf.reshape(lambda, [-1, 1, 1, 1]);
  const sum = tf.add(tf.mul(weight, x1), tf.mul(tf.sub(1, weight), x2));
  const mixed = tf.minimum(tf.maximum(sum, tf.minimum(x1, x2)), tf.maximum(x1, x2));
  return { x1, x2, mixed };
}
