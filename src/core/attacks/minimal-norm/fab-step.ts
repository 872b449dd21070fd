import * as tf from '@tensorflow/tfjs';
import { toHyperplane } from './boundary-projection';
import { choose, fooled, fooledOrOnBoundary } from '../base/fooled';
import type { Boundary } from './nearest-boundary';
import type { Victim } from '../base/victim';

export interface FabStepParameters {
  readonly norm: 'linf' | 'l2' | 'l1';
  readonly alphaMax: number;
  readonly eta: number;
  readonly beta: number;
  /** Towards a class instead of away from one. */
  readonly targeted: boolean;
}

interface FabState {
  /** [N, H, W, C] */
  readonly iterate: tf.Tensor;
  /** The smallest example so far. */
  readonly found: tf.Tensor;
  /** Its norm. [N] */
  readonly size: tf.Tensor;
}

interface FabConstants {
  readonly images: tf.Tensor;
  /** One-hot labels or, of a targeted attack, targets. */
  readonly classes: tf.Tensor;
  /** The boundary to follow, linearised at the iterate; its difference is negative where the iterate does not fool yet. */
  readonly boundaryAt: (iterate: tf.Tensor) => Pick<Boundary, 'difference' | 'gradient'>;
}

/**
 * One step of FAB: the projections on the linearised boundary of the iterate and of the clean image, both overshot by
 * eta, are mixed; the nearer the boundary is to the clean image, the more of that one. A misclassified point is kept if
 * it is the smallest yet, and pulled back towards the clean image.
 */
export function fabStep(
  victim: Victim,
  { norm, alphaMax, eta, beta, targeted }: FabStepParameters,
  { iterate, found, size }: FabState,
  { images, classes, boundaryAt }: FabConstants,
): { iterate: tf.Tensor; found: tf.Tensor; size: tf.Tensor } {
  const rows = images.shape[0];
  const flat = (tensor: tf.Tensor): tf.Tensor => tf.reshape(tensor, [rows, -1]);
  const { difference, gradient } = boundaryAt(iterate);
  const [here, clean, normal] = [flat(iterate), flat(images), flat(gradient)];
  const gap = tf.reshape(tf.neg(difference), [rows, 1]);
  const cleanGap = tf.add(gap, tf.sum(tf.mul(normal, tf.sub(here, clean)), 1, true));
  // Both projections at once.
  const ways = toHyperplane(norm, tf.concat([here, clean]), {
    normal: tf.concat([normal, normal]),
    gap: tf.concat([gap, cleanGap]),
  });
  const [way = ways, cleanWay = ways] = tf.split(ways, 2);
  const [length, cleanLength] = [way, cleanWay].map((part) => tf.maximum(lengths(part, norm), 1e-8));
  if (!length || !cleanLength) throw new RangeError('There are two ways.');
  const alpha = tf.reshape(tf.minimum(tf.div(length, tf.add(length, cleanLength)), alphaMax), [rows, 1]);
  const mixed = tf.add(
    tf.mul(tf.add(here, tf.mul(way, eta)), tf.sub(1, alpha)),
    tf.mul(tf.add(clean, tf.mul(cleanWay, eta)), alpha),
  );
  const next = tf.reshape(tf.clipByValue(mixed, 0, 1), images.shape);
  const logits = victim.logits(next);
  const distance = lengths(tf.sub(flat(next), clean), norm);
  const better = tf.mul(fooled(logits, classes, { targeted }), tf.cast(tf.less(distance, size), 'float32'));
  // A point that has come to lie on the boundary would stay there: its steps are lost in rounding.
  const away = fooledOrOnBoundary(logits, classes, { targeted });
  const back = tf.add(images, tf.mul(tf.sub(next, images), beta));
  return {
    iterate: choose(away, back, next),
    found: choose(better, next, found),
    size: choose(better, distance, size),
  };
}

/** [N] of [N, D] */
function lengths(flat: tf.Tensor, norm: FabStepParameters['norm']): tf.Tensor {
  switch (norm) {
    case 'linf':
      return tf.max(tf.abs(flat), 1);
    case 'l2':
      return tf.sqrt(tf.sum(tf.square(flat), 1));
    case 'l1':
      return tf.sum(tf.abs(flat), 1);
  }
}
