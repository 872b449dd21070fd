import * as tf from '@tensorflow/tfjs';
import { losses } from './losses';

/**
 * Logits of two programs over the same images differ in their last bits. A candidate that fools by less would be thrown
 * away when it is checked.
 */
const ROUNDING = 1e-6;
/** 1 where an image is misclassified by a little more than `confidence` and rounding, 0 elsewhere. [N], float32 */
export function fooled(logits: tf.Tensor, labels: tf.Tensor, confidence = 0): tf.Tensor {
  const noise = tf.mul(tf.maximum(tf.max(tf.abs(logits), -1), 1), ROUNDING);
  return tf.cast(
    tf.greater(losses.margin(logits, { labels, targets: labels }), tf.add(noise, confidence)),
    'float32',
  );
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
