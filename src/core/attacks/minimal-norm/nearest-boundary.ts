import * as tf from '@tensorflow/tfjs';
import { repeat } from '../../engine/ops/repeat';
import { choose, goalMargin, perImage } from '../base/fooled';
import { imageGradient } from '../base/image-gradient';
import type { Victim } from '../base/victim';

const FAR = 1e30;
/** A gradient whose largest entry is beyond these is scaled: its sums and squares may leave the range of float32. */
const LARGE = 2 ** 20;
const SMALL = 2 ** -20;
/** Keeps a distance finite where the gradient is 0. */
const TINY = 1e-12;
const imageAxes = [1, 2, 3];

export interface Candidates {
  /** One-hot true classes. [N, classes] */
  readonly labels: tf.Tensor;
  /** See `classRanks`. [N, classes] */
  readonly ranks: tf.Tensor;
  /** The norm that perturbations are measured in. */
  readonly norm: 'linf' | 'l2' | 'l1';
  /** The classes of rank `first` (a float scalar) to `first + count - 1`; `count` may be an int32 scalar tensor. */
  readonly range: { readonly first: tf.Tensor; readonly count: number | tf.Tensor };
}

/**
 * A boundary between the true class and another, linearised. Where the gradient is very large or very small, it and the
 * difference are divided by its largest entry, which moves no boundary.
 */
export interface Boundary {
  /** Logit of the other class minus that of the true class; of a target minus the largest other. [N] */
  readonly difference: tf.Tensor;
  /** Gradient of the difference. [N, H, W, C] */
  readonly gradient: tf.Tensor;
  /** Length of the gradient in the dual norm. [N] */
  readonly length: tf.Tensor;
  /** To the boundary, in the norm. [N] */
  readonly distance: tf.Tensor;
}

/**
 * The nearest of the linearised boundaries between the true class and the candidates, for use inside a program. The
 * candidates are a loop: one backward pass each, but one graph and one forward pass for all of them.
 * @param images [N, H, W, C]
 */
export function nearestBoundary(victim: Victim, images: tf.Tensor, candidates: Candidates): Boundary {
  const { labels, ranks, norm, range } = candidates;
  const count = images.shape[0];
  const [, difference, gradient, length, distance] = repeat(
    range.count,
    [range.first, tf.zeros([count]), tf.zerosLike(images), tf.zeros([count]), tf.mul(tf.ones([count]), FAR)],
    ([
      rank = range.first,
      bestDifference = labels,
      bestGradient = images,
      bestLength = labels,
      best = labels,
    ]) => {
      const contrast = tf.sub(tf.cast(tf.equal(ranks, rank), 'float32'), labels);
      const contrasts = (x: tf.Tensor): tf.Tensor => tf.sum(tf.mul(victim.logits(x), contrast), -1);
      const { difference: here, gradient: slope } = linearised(victim, images, contrasts);
      const steepness = dualNorm(slope, norm);
      const away = tf.div(tf.abs(here), tf.add(steepness, TINY));
      const nearer = tf.cast(tf.less(away, best), 'float32');
      return [
        tf.add(rank, 1),
        choose(nearer, here, bestDifference),
        choose(nearer, slope, bestGradient),
        choose(nearer, steepness, bestLength),
        choose(nearer, away, best),
      ];
    },
  );
  if (!difference || !gradient || !length || !distance) throw new RangeError('The loop lost its state.');
  return { difference, gradient, length, distance };
}

/**
 * The linearised boundary between the target of each image and the class that is in its way most, the one with the largest
 * logit of all others, for use inside a program.
 * @param images [N, H, W, C]
 * @param targets one-hot, [N, classes]
 */
export function targetBoundary(
  victim: Victim,
  images: tf.Tensor,
  targets: tf.Tensor,
): Pick<Boundary, 'difference' | 'gradient'> {
  const margins = (x: tf.Tensor): tf.Tensor => goalMargin(victim.logits(x), targets, { targeted: true });
  return linearised(victim, images, margins);
}

function linearised(
  victim: Victim,
  images: tf.Tensor,
  values: (images: tf.Tensor) => tf.Tensor,
): Pick<Boundary, 'difference' | 'gradient'> {
  const gradient = imageGradient(victim, images, values);
  const largest = tf.max(tf.abs(gradient), imageAxes);
  const ordinary = tf.logicalAnd(tf.greaterEqual(largest, SMALL), tf.lessEqual(largest, LARGE));
  const asIs = tf.logicalOr(ordinary, tf.equal(largest, 0));
  const scale = tf.where(asIs, tf.onesLike(largest), largest);
  return {
    difference: tf.div(values(images), scale),
    gradient: tf.div(gradient, perImage(scale)),
  };
}

function dualNorm(gradient: tf.Tensor, norm: Candidates['norm']): tf.Tensor {
  switch (norm) {
    case 'linf':
      return tf.sum(tf.abs(gradient), imageAxes);
    case 'l1':
      return tf.max(tf.abs(gradient), imageAxes);
    case 'l2': {
      // Scaled by the largest entry first: the squares of a small gradient would underflow.
      const largest = tf.maximum(tf.max(tf.abs(gradient), imageAxes, true), FAR ** -1);
      const scaled = tf.sqrt(tf.sum(tf.square(tf.div(gradient, largest)), imageAxes, true));
      return tf.reshape(tf.mul(scaled, largest), [-1]);
    }
  }
}
