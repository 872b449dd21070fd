import * as tf from '@tensorflow/tfjs';
import { losses } from './losses';

/** Of the largest logit: by so much the logits of a point may be wrong in float32. */
const ROUNDING = 2e-6;

/** 1 where an image is misclassified by more than `confidence`, 0 elsewhere. [N], float32 */
export function fooled(logits: tf.Tensor, labels: tf.Tensor, confidence = 0): tf.Tensor {
  const margin = losses.margin(logits, { labels, targets: labels });
  return tf.cast(tf.logicalAnd(tf.greater(margin, confidence), areNumbers(logits)), 'float32');
}

/** Whether the softmax of an image's logits exists; where it does not, they say nothing about the image. [N], bool */
export function areNumbers(logits: tf.Tensor): tf.Tensor {
  // Every comparison with NaN is false. The largest logit alone would not tell: a maximum may pass NaN over.
  const shares = tf.exp(tf.sub(logits, tf.max(logits, -1, true)));
  return tf.greater(tf.sum(shares, -1), 0);
}

/** The same, where an image on the boundary, as far as float32 can tell, counts as misclassified. */
export function fooledOrOnBoundary(logits: tf.Tensor, labels: tf.Tensor): tf.Tensor {
  const margin = losses.margin(logits, { labels, targets: labels });
  const noise = tf.mul(tf.maximum(tf.max(tf.abs(logits), -1), 1), ROUNDING);
  return tf.cast(tf.greater(margin, tf.neg(noise)), 'float32');
}

/** A value for each image, to go with tensors [N, H, W, C]. */
export function perImage(values: tf.Tensor): tf.Tensor {
  return tf.reshape(values, [-1, 1, 1, 1]);
}

/** `yes` where an image's `condition` is 1, `no` where it is 0; finite tensors of the same shape [N, H, W, C] or [N]. */
export function choose(condition: tf.Tensor, yes: tf.Tensor, no: tf.Tensor): tf.Tensor {
  const mask = tf.cast(yes.rank > 1 ? perImage(condition) : condition, 'bool');
  return tf.where(tf.broadcastTo(mask, yes.shape), yes, no);
}
