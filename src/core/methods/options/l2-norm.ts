import * as tf from '@tensorflow/tfjs';

/** The L2 norm of all values of the tensors together: a scalar. */
export function l2Norm(...tensors: readonly tf.Tensor[]): tf.Tensor {
  return tf.sqrt(tf.addN(tensors.map((tensor) => tf.sum(tf.square(tensor)))));
}
