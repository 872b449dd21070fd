import * as tf from '@tensorflow/tfjs';

/** The gradient of an operand of `shape` that was broadcast: what its copies receive, added up. */
export function unbroadcast(dx: tf.Tensor, shape: readonly number[]): tf.Tensor {
  const axes = tf.backend_util.getReductionAxes([...shape], dx.shape);
  return tf.reshape(axes.length > 0 ? tf.sum(dx, axes) : dx, [...shape]);
}
