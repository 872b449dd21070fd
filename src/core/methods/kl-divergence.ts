import * as tf from '@tensorflow/tfjs';
import type { AnswerFact } from './two-answers';

/**
 * KL divergence of each image, in nats: sum_j p_j (log p_j - log q_j) over the classes; differentiable in both.
 * @param logits of p, [N, classes]
 * @param others of q, [N, classes]
 * @returns [N]
 */
export function klDivergence(logits: tf.Tensor, others: tf.Tensor): tf.Tensor {
  const logP = tf.logSoftmax(logits);
  return tf.sum(tf.mul(tf.exp(logP), tf.sub(logP, tf.logSoftmax(others))), -1);
}

/** How that of the answers on an image and on its perturbed one is shown. */
export const klFact: AnswerFact = {
  name: 'KL divergence',
  symbol: 'KL',
  about: 'between the answers on x and on x + δ',
  unit: 'nats',
  value: klDivergence,
};
