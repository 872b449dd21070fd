import * as tf from '@tensorflow/tfjs';
import { losses } from './losses';

/** Of the largest logit: by so much the logits of a point may be wrong in float32. */
const ROUNDING = 2e-6;

/** 1 where an image is misclassified by more than `confidence`, or a logit is NaN; 0 elsewhere. [N], float32 */
export function fooled(logits: tf.Tensor, labels: tf.Tensor, confidence = 0): tf.Tensor {
  const margin = losses.margin(logits, { labels, targets: labels });
  return tf.cast(tf.logicalOr(tf.greater(margin, confidence), hasNaN(logits)), 'float32');
}

/** Whether a network does not know an image's class, because a logit is NaN. [N], bool */
export function hasNaN(logits: tf.Tensor): tf.Tensor {
  return tf.any(tf.isNaN(logits), -1);
}

/** The same, where an image on the boundary, as far as float32 can tell, counts as misclassified. */
export function fooledOrOnBoundary(logits: tf.Tensor, labels: tf.Tensor): tf.Tensor {
  const margin = losses.margin(logits, { labels, targets: labels });
  const noise = tf.mul(tf.maximum(tf.max(tf.abs(logits), -1), 1), ROUNDING);
  return tf.cast(tf.logicalOr(tf.greater(margin, tf.neg(noise)), hasNaN(logits)), 'float32');
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
