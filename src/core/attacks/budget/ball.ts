import * as tf from '@tensorflow/tfjs';

/** Norms with a ball of allowed perturbations for every epsilon. */
export type BallNorm = 'linf' | 'l2' | 'l1';

/** The set of allowed perturbations of a norm, centred at 0. Tensors are [N, H, W, C], each image on its own. */
export interface Ball {
  /** The direction of a step: of length 1 in this norm. 0 where the gradient is 0. */
  direction(gradient: tf.Tensor): tf.Tensor;
  /** The nearest perturbation inside the ball. */
  project(delta: tf.Tensor, epsilon: number | tf.Tensor): tf.Tensor;
}

const linf: Ball = {
  direction: (gradient) => tf.sign(gradient),
  project: (delta, epsilon) =>
    typeof epsilon === 'number'
      ? tf.clipByValue(delta, -epsilon, epsilon)
      : tf.minimum(tf.maximum(delta, tf.neg(epsilon)), epsilon),
};

/** Keeps divisions finite; far below any length that matters. */
const TINY = 1e-12;
const imageAxes = [1, 2, 3];

const l2: Ball = {
  direction(gradient) {
    // Scaled by the largest entry first: the squares of a small gradient would underflow.
    const largest = tf.max(tf.abs(gradient), imageAxes, true);
    const scaled = tf.div(gradient, tf.maximum(largest, 1e-30));
    return tf.div(scaled, tf.maximum(l2Norm(scaled), TINY));
  },
  project(delta, epsilon) {
    return tf.mul(delta, tf.minimum(tf.div(epsilon, tf.maximum(l2Norm(delta), TINY)), 1));
  },
};

/** Share of the values that an L1 step moves. */
const L1_SHARE = 0.01;

/**
 * The steepest L1 step would move a single value; so few values at once need too many steps. As in Tramèr and Boneh,
 * "Adversarial Training and Robustness for Multiple Perturbations", NeurIPS 2019, a step moves the one per cent of
 * the values that have the largest gradients, all by the same amount.
 */
const l1: Ball = {
  direction(gradient) {
    const size = tf.util.sizeFromShape(gradient.shape.slice(1));
    const count = Math.max(1, Math.round(L1_SHARE * size));
    const { values } = tf.topk(tf.reshape(tf.abs(gradient), [-1, size]), count);
    return sparseSign(gradient, tf.min(values, 1));
  },
  project: (delta, epsilon) => shortenL1(delta, epsilon),
};

export const balls: Readonly<Record<BallNorm, Ball>> = { linf, l2, l1 };

/** The signs of the values whose size is at least their image's threshold, [N], divided by how many there are. */
export function sparseSign(gradient: tf.Tensor, threshold: tf.Tensor): tf.Tensor {
  const least = tf.reshape(threshold, [-1, 1, 1, 1]);
  const chosen = tf.mul(tf.sign(gradient), tf.cast(tf.greaterEqual(tf.abs(gradient), least), 'float32'));
  return tf.div(chosen, tf.maximum(tf.sum(tf.abs(chosen), imageAxes, true), 1));
}

/**
 * The image nearest to `moved` that is in [0, 1] and within epsilon of `images`: in l1 exactly; in linf and l2 the
 * projection on the ball, clipped.
 */
export function nearestImage(
  norm: BallNorm,
  images: tf.Tensor,
  moved: tf.Tensor,
  epsilon: number | tf.Tensor,
): tf.Tensor {
  const delta = tf.sub(moved, images);
  if (norm !== 'l1') return tf.clipByValue(tf.add(images, balls[norm].project(delta, epsilon)), 0, 1);
  const room = tf.where(tf.greater(delta, 0), tf.sub(1, images), images);
  return tf.clipByValue(tf.add(images, shortenL1(delta, epsilon, room)), 0, 1);
}

/** Halvings of the interval in which the threshold lies: as exact as float32. */
const HALVINGS = 28;
/** What rounding adds to a sum over an image must not leave the ball. */
const L1_MARGIN = 1 - 2e-6;

/**
 * Projection on the L1 ball: every value loses the same amount, no further than to 0, so that the sum is epsilon
 * (Duchi et al., ICML 2008). With `room`, the size that each value may have, on the ball's part inside that box:
 * then values are also cut to it (Croce and Hein, "Mind the Box", ICML 2021). The amount is found by bisection.
 */
function shortenL1(delta: tf.Tensor, epsilon: number | tf.Tensor, room?: tf.Tensor): tf.Tensor {
  const sizes = tf.abs(delta);
  const budget = tf.mul(epsilon, L1_MARGIN);
  const left = (amount: tf.Tensor): tf.Tensor => {
    const shortened = tf.relu(tf.sub(sizes, amount));
    return room ? tf.minimum(shortened, room) : shortened;
  };
  const fits = (amount: tf.Tensor): tf.Tensor => tf.lessEqual(tf.sum(left(amount), imageAxes, true), budget);
  let high = tf.max(sizes, imageAxes, true);
  let low = tf.zerosLike(high);
  // Where everything fits already nothing is taken away.
  const inside = fits(low);
  for (let n = 0; n < HALVINGS; n++) {
    const middle = tf.mul(0.5, tf.add(low, high));
    const enough = fits(middle);
    high = tf.where(enough, middle, high);
    low = tf.where(enough, low, middle);
  }
  const amount = tf.where(inside, tf.zerosLike(high), high);
  return tf.mul(tf.sign(delta), left(amount));
}

function l2Norm(tensor: tf.Tensor): tf.Tensor {
  return tf.sqrt(tf.sum(tf.square(tensor), imageAxes, true));
}
