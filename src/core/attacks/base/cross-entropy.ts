import * as tf from '@tensorflow/tfjs';

/**
 * Cross-entropy of each image, in nats.
 * @param logits [N, K]
 * @param targets [N, K], rows that sum to 1
 * @returns [N]
 */
export function crossEntropy(logits: tf.Tensor, targets: tf.Tensor): tf.Tensor {
  return tf.neg(tf.sum(tf.mul(targets, tf.logSoftmax(asMatrix(logits))), -1));
}

function asMatrix(logits: tf.Tensor): tf.Tensor2D {
  const [rows = 1, classes = 1] = logits.shape;
  return tf.reshape(logits, [rows, classes]);
}
