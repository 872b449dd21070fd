import * as tf from '@tensorflow/tfjs';
import { choose } from './fooled';

/** A loss that has not fallen below this share of an earlier one has stalled. */
const STALLED = 0.9999;

/** How the loss of each image goes down. */
export interface Progress {
  /** Steps that were done. Scalar. */
  readonly step: tf.Tensor;
  /** 1 while an image goes on, 0 when it has stalled. [N] */
  readonly active: tf.Tensor;
  /** The loss when it was looked at last. [N] */
  readonly checked: tf.Tensor;
}

/**
 * Looks at the losses in every `interval`-th step: an image whose loss did not fall since the last time stops. Each image
 * on its own: a batch must not stop because one of its images got worse.
 */
export function progress(
  { step, active, checked }: Progress,
  loss: tf.Tensor,
  interval: number | undefined,
): { step: tf.Tensor; active: tf.Tensor; checked: tf.Tensor } {
  const next = tf.add(step, 1);
  if (interval === undefined) return { step: next, active: tf.clone(active), checked: tf.clone(checked) };
  const rounds = tf.div(next, interval);
  const look = tf.cast(tf.equal(tf.floor(tf.add(rounds, 1e-6)), tf.floor(tf.sub(rounds, 1e-6))), 'float32');
  const skip = tf.mul(tf.onesLike(active), look);
  const falls = tf.cast(tf.lessEqual(loss, tf.mul(checked, STALLED)), 'float32');
  return {
    step: next,
    active: tf.mul(active, tf.maximum(skip, falls)),
    checked: choose(skip, checked, loss),
  };
}

/** Steps between two looks: a tenth of all. */
export function intervalOf(steps: number, abortEarly: boolean): number | undefined {
  return abortEarly ? Math.ceil(steps / 10) : undefined;
}
