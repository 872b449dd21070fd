import * as tf from '@tensorflow/tfjs';
import { losses } from './losses';

/** Of the largest logit: by so much the logits of a point may be wrong in float32. */
const ROUNDING = 2e-6;

/** What counts as success, for use inside a program. */
export interface Goal {
  /** The classes are the targets, to be reached; otherwise the labels, to be left. */
  readonly targeted?: boolean | undefined;
  /** By so much the logits have to differ. Default 0. */
  readonly confidence?: number | undefined;
}

/**
 * By how much the logits of the best class exceed those of the next best from the attack's side; positive where it has
 * succeeded. The largest other logit minus that of the label or, targeted, that of the target minus the largest other. [N]
 * @param classes one-hot labels or targets, [N, classes]
 */
export function goalMargin(
  logits: tf.Tensor,
  classes: tf.Tensor,
  { targeted = false }: Goal = {},
): tf.Tensor {
  const margin = losses.margin(logits, { labels: classes, targets: classes });
  return targeted ? tf.neg(margin) : margin;
}

/**
 * 1 where an image fools the network by more than `confidence`, 0 elsewhere; one with a logit that is NaN is misclassified,
 * and has not reached any target. [N], float32
 * @param classes one-hot labels or targets, [N, classes]
 */
export function fooled(logits: tf.Tensor, classes: tf.Tensor, goal: Goal = {}): tf.Tensor {
  return succeeds(logits, tf.greater(goalMargin(logits, classes, goal), goal.confidence ?? 0), goal);
}

function succeeds(logits: tf.Tensor, reached: tf.Tensor, { targeted = false }: Goal): tf.Tensor {
  const unknown = hasNaN(logits);
  const success = targeted ? tf.logicalAnd(reached, tf.logicalNot(unknown)) : tf.logicalOr(reached, unknown);
  return tf.cast(success, 'float32');
}

/** Whether a network does not know an image's class, because a logit is NaN. [N], bool */
export function hasNaN(logits: tf.Tensor): tf.Tensor {
  return tf.any(tf.isNaN(logits), -1);
}

/** As {@link fooled}, where an image on the boundary, as far as float32 can tell, counts as well. */
export function fooledOrOnBoundary(logits: tf.Tensor, classes: tf.Tensor, goal: Goal = {}): tf.Tensor {
  const noise = tf.mul(tf.maximum(tf.max(tf.abs(logits), -1), 1), ROUNDING);
  return succeeds(logits, tf.greater(goalMargin(logits, classes, goal), tf.neg(noise)), goal);
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
