import * as tf from '@tensorflow/tfjs';
import { repeat } from '../../engine/ops/repeat';

const TINY = 1e-30;
const HUGE = 1e12;
/**
 * Newton's method is exact in float32 after three steps for the ways of an attack, and after seven for ways through
 * most of the box, where pixels reach 0 or 1 one by one.
 */
const NEWTON_STEPS = 7;
/** Halvings of an interval: as exact as float32. */
const HALVINGS = 30;

export interface Hyperplane {
  /** [N, D] */
  readonly normal: tf.Tensor;
  /** What <normal, point> has to grow by to be on the hyperplane. [N, 1] */
  readonly gap: tf.Tensor;
}

/**
 * The shortest way from points to hyperplanes that stays in [0, 1], for use inside a program; where the box does not
 * reach the hyperplane, the way to the corner next to it.
 *
 * With the sizes u = |normal| and the room r that each value has in its direction, the way is min(t, r) in L-inf and
 * min(t u, r) in L2 for a t at which the way is as long as the gap. That length is piecewise linear, concave and
 * increasing in t, so Newton's method from 0 finds t from below, exactly. In L1 the values with the largest u go all
 * their way; bisection finds how large. Croce and Hein, "Minimally distorted adversarial examples with a fast adaptive
 * boundary attack", ICML 2020, solve the same by sorting.
 * @param points [N, D] in [0, 1]
 * @returns [N, D], to add to the points
 */
export function toHyperplane(
  norm: 'linf' | 'l2' | 'l1',
  points: tf.Tensor,
  { normal, gap }: Hyperplane,
): tf.Tensor {
  const largest = tf.maximum(tf.max(tf.abs(normal), 1, true), TINY);
  const direction = tf.mul(tf.sign(normal), tf.sign(gap));
  const sizes = tf.div(tf.abs(normal), largest);
  const need = tf.minimum(tf.div(tf.abs(gap), largest), HUGE);
  const room = tf.where(tf.greater(direction, 0), tf.sub(1, points), points);
  const way =
    norm === 'l1'
      ? longestFirst(sizes, room, need)
      : allAlong(norm === 'l2' ? sizes : undefined, sizes, room, need);
  return tf.mul(direction, way);
}

/** min(t * rates, room) with sum(sizes * that) = need; rates are 1 where absent. */
function allAlong(
  rates: tf.Tensor | undefined,
  sizes: tf.Tensor,
  room: tf.Tensor,
  need: tf.Tensor,
): tf.Tensor {
  const along = (t: tf.Tensor): tf.Tensor => (rates ? tf.mul(rates, t) : t);
  const growth = rates ? tf.square(sizes) : sizes;
  const gains = tf.mul(sizes, room);
  const nothing = tf.zerosLike(sizes);
  const [t = need] = repeat(NEWTON_STEPS, [tf.zerosLike(need)], ([time = need]) => {
    // What has gone all its way is subtracted, rather than all of what was reached: few values, little rounding.
    const stuck = tf.greaterEqual(along(time), room);
    const left = tf.sub(need, tf.sum(tf.where(stuck, gains, nothing), 1, true));
    const slope = tf.sum(tf.where(stuck, nothing, growth), 1, true);
    // Where everything is stuck the corner is reached, and time may as well stay.
    const next = tf.div(left, tf.maximum(slope, TINY));
    return [tf.minimum(tf.maximum(time, next), HUGE)];
  });
  return tf.minimum(along(t), room);
}

/** `room` where sizes are above a threshold, a share of it at the threshold, with sum(sizes * that) = need. */
function longestFirst(sizes: tf.Tensor, room: tf.Tensor, need: tf.Tensor): tf.Tensor {
  const gains = tf.mul(sizes, room);
  const above = (threshold: tf.Tensor): tf.Tensor => tf.cast(tf.greater(sizes, threshold), 'float32');
  const gained = (threshold: tf.Tensor): tf.Tensor => tf.sum(tf.mul(gains, above(threshold)), 1, true);
  const [low = need, high = need] = repeat(
    HALVINGS,
    [tf.zerosLike(need), tf.onesLike(need)],
    ([low = need, high = need]) => {
      const middle = tf.mul(tf.add(low, high), 0.5);
      const enough = tf.cast(tf.greater(gained(middle), need), 'float32');
      return [
        tf.add(tf.mul(enough, middle), tf.mul(tf.sub(1, enough), low)),
        tf.add(tf.mul(enough, high), tf.mul(tf.sub(1, enough), middle)),
      ];
    },
  );
  const whole = gained(high);
  const rest = tf.maximum(tf.sub(gained(low), whole), TINY);
  const share = tf.clipByValue(tf.div(tf.sub(need, whole), rest), 0, 1);
  const [top, between] = [above(high), tf.sub(above(low), above(high))];
  return tf.mul(room, tf.add(top, tf.mul(between, share)));
}
