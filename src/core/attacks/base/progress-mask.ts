import * as tf from '@tensorflow/tfjs';
import { choose } from './fooled';

/** A loss that has not fallen below this share of an earlier one has stalled. */
const STALLED = 0.9999;

/** How the search of each image goes on. */
export interface Progress {
  /** Steps that were done. Scalar. */
  readonly step: tf.Tensor;
  /** 1 while an image goes on, 0 when it has stalled. [N] */
  readonly active: tf.Tensor;
  /** The lowest loss of all steps. [N] */
  readonly lowest: tf.Tensor;
  /** The least that was missing for an example. [N] */
  readonly nearest: tf.Tensor;
  /** Both when they were looked at last. [N] */
  readonly checkedLowest: tf.Tensor;
  readonly checkedNearest: tf.Tensor;
}
export const progressState = [
  'step',
  'active',
  'lowest',
  'nearest',
  'checkedLowest',
  'checkedNearest',
] as const;

/**
 * Looks at the images in every `interval`-th step: one stops that has no example yet, and has come neither to a lower loss
 * nor nearer to an example since the last time: its weight is too small. Once an image has an example it goes on to the last step: its loss goes up and
 * down around the boundary, or stays, and examples get smaller all the same. Each image on its own: a batch must not stop
 * because one of its images got worse.
 * @param loss of this step, [N]; one that is no number does not count
 * @param missing what is missing for an example in this step: by how much the margin falls short, at least 0, [N]
 * @param success 1 where this search has found an example, [N]
 */
export function progress(
  { step, active, lowest, nearest, checkedLowest, checkedNearest }: Progress,
  loss: tf.Tensor,
  missing: tf.Tensor,
  success: tf.Tensor,
  interval: number | undefined,
): Record<(typeof progressState)[number], tf.Tensor> {
  const next = tf.add(step, 1);
  if (interval === undefined) {
    return {
      step: next,
      active: tf.clone(active),
      lowest: tf.clone(lowest),
      nearest: tf.clone(nearest),
      checkedLowest: tf.clone(checkedLowest),
      checkedNearest: tf.clone(checkedNearest),
    };
  }
  const rounds = tf.div(next, interval);
  const look = tf.cast(tf.equal(tf.floor(tf.add(rounds, 1e-6)), tf.floor(tf.sub(rounds, 1e-6))), 'float32');
  const skip = tf.mul(tf.onesLike(active), look);
  // Written so that what is no number is not kept.
  const smaller = (value: tf.Tensor, best: tf.Tensor): tf.Tensor =>
    tf.where(tf.less(value, best), value, best);
  const fell = (now: tf.Tensor, before: tf.Tensor): tf.Tensor => tf.lessEqual(now, tf.mul(before, STALLED));
  const least = smaller(loss, lowest);
  const closest = smaller(missing, nearest);
  const improves = tf.logicalOr(fell(least, checkedLowest), fell(closest, checkedNearest));
  const goesOn = tf.maximum(skip, tf.maximum(tf.cast(improves, 'float32'), success));
  return {
    step: next,
    active: tf.mul(active, goesOn),
    lowest: least,
    nearest: closest,
    checkedLowest: choose(skip, checkedLowest, least),
    checkedNearest: choose(skip, checkedNearest, closest),
  };
}

/** Steps between two looks: a tenth of all. */
export function intervalOf(steps: number, abortEarly: boolean): number | undefined {
  return abortEarly ? Math.ceil(steps / 10) : undefined;
}
