import * as tf from '@tensorflow/tfjs';
import { repairIf } from '../../engine/ops/repair-if';
import { crossEntropy } from './cross-entropy';

/** The largest number of float32. */
const LARGEST = 3.4028234663852886e38;
/**
 * How far inside of [0, 1] a derivative is taken that is not finite at the border: about as far as a step moves a pixel.
 * Much nearer, a root is so steep that L2 steps see nothing else.
 */
const INSIDE = 0.01;
const imageAxes = [1, 2, 3];

/** What a gradient is taken of. */
export interface Differentiable {
  /**
   * The network, for use inside a program.
   * @param images [N, H, W, C] in [0, 1]
   * @returns logits [N, classes]
   */
  logits(images: tf.Tensor): tf.Tensor;
  /**
   * Where a pixel's derivative is not finite at 0 or 1, that pixel is looked at a little inside instead. It costs a
   * second gradient, so only networks that need it have it: `checkNetwork` finds out.
   */
  readonly gradientInside?: boolean | undefined;
}

/**
 * The gradient that every attack follows, for use inside a program: that of the sum of `values` with respect to the
 * images. It is always finite. An infinite entry counts as the largest finite one of its image, with its sign; NaN
 * counts as 0; where no entry is finite the gradient is 0. A gradient that is finite comes back as it is, to the bit.
 * Nowhere else in this folder may a gradient be taken (ESLint): an attack that follows NaN stands still, and reports
 * robustness that is not there.
 * @param images [N, H, W, C] in [0, 1]
 * @param values one number an image, [N], that depends on that image only
 * @returns [N, H, W, C]
 */
export function imageGradient(
  network: Differentiable,
  images: tf.Tensor,
  values: (images: tf.Tensor) => tf.Tensor,
): tf.Tensor {
  const gradientAt = (x: tf.Tensor): tf.Tensor => tf.grad((z) => tf.sum(values(z)))(x);
  return finiteGradient(network, images, gradientAt(images), gradientAt);
}

/**
 * The same, with what the values were at the images: one pass for both.
 * @param values any tensor
 * @param weights of the values in the sum that is differentiated; of their shape
 */
export function valueAndImageGradient(
  network: Differentiable,
  images: tf.Tensor,
  values: (images: tf.Tensor) => tf.Tensor,
  weights: tf.Tensor,
): { readonly value: tf.Tensor; readonly gradient: tf.Tensor } {
  // TF.js types the function as one to a scalar; with weights for its values it may return any tensor.
  const both = tf.valueAndGrad(values as (images: tf.Tensor) => tf.Scalar);
  const at = (x: tf.Tensor): { value: tf.Tensor; grad: tf.Tensor } => both(x, weights as tf.Scalar);
  const { value, grad } = at(images);
  return { value, gradient: finiteGradient(network, images, grad, (x) => at(x).grad) };
}

/**
 * Gradient of the summed cross-entropy with respect to the images. Summed and not averaged, so that an image's gradient
 * does not depend on the size of its batch.
 * @param images [N, H, W, C]
 * @param targets [N, classes], rows that sum to 1
 */
export function inputGradient(network: Differentiable, images: tf.Tensor, targets: tf.Tensor): tf.Tensor {
  return imageGradient(network, images, (x) => crossEntropy(network.logits(x), targets));
}

/** What there is to know of a network's own gradient before it is repaired; each [N], float32. */
export interface GradientFaults {
  /** Size of the largest finite entry. */
  readonly largest: tf.Tensor;
  /** Entries that are infinite or NaN. */
  readonly notFinite: tf.Tensor;
  /** How many of them belong to pixels that are 0 or 1. */
  readonly atBorder: tf.Tensor;
}

/** Looks at the gradient of the cross-entropy as the network gives it. Parameters: see {@link inputGradient}. */
export function gradientFaults(
  network: Pick<Differentiable, 'logits'>,
  images: tf.Tensor,
  targets: tf.Tensor,
): GradientFaults {
  const gradient = tf.grad((x) => tf.sum(crossEntropy(network.logits(x), targets)))(images);
  const finite = areFinite(gradient);
  const bad = tf.cast(tf.logicalNot(finite), 'float32');
  return {
    largest: tf.max(sizesWhere(finite, gradient), imageAxes),
    notFinite: tf.sum(bad, imageAxes),
    atBorder: tf.sum(tf.mul(bad, tf.cast(isNearBorder(images), 'float32')), imageAxes),
  };
}

function finiteGradient(
  { gradientInside = false }: Pick<Differentiable, 'gradientInside'>,
  images: tf.Tensor,
  gradient: tf.Tensor,
  gradientAt: (images: tf.Tensor) => tf.Tensor,
): tf.Tensor {
  if (!gradientInside) return repaired(gradient);
  const moves = tf.logicalAnd(tf.logicalNot(areFinite(gradient)), isNearBorder(images));
  const inside = tf.where(moves, tf.clipByValue(images, INSIDE, 1 - INSIDE), images);
  return repaired(tf.where(moves, gradientAt(inside), gradient));
}

/** Replaces what is not finite by the rule of {@link imageGradient}. [N, H, W, C] */
export function repaired(gradient: tf.Tensor): tf.Tensor {
  // A sum that is finite has finite parts. One that is not may be so by overflow: then the repair changes nothing.
  const sound = tf.lessEqual(tf.sum(tf.abs(gradient)), LARGEST);
  return repairIf(tf.logicalNot(sound), gradient, (faulty) => {
    // Comparisons with other numbers only: a GPU's compiler may take any number for equal to itself.
    const finite = areFinite(faulty);
    const largest = tf.max(sizesWhere(finite, faulty), imageAxes, true);
    const endless = tf.where(
      tf.greater(faulty, 0),
      largest,
      tf.where(tf.less(faulty, 0), tf.neg(largest), tf.zerosLike(faulty)),
    );
    return tf.where(finite, faulty, endless);
  });
}

/** False for infinite numbers and NaN. */
function areFinite(values: tf.Tensor): tf.Tensor {
  return tf.lessEqual(tf.abs(values), LARGEST);
}

/** Sizes of the entries; 0 where they don't count. */
function sizesWhere(counts: tf.Tensor, values: tf.Tensor): tf.Tensor {
  return tf.where(counts, tf.abs(values), tf.zerosLike(values));
}

function isNearBorder(images: tf.Tensor): tf.Tensor {
  return tf.logicalOr(tf.less(images, INSIDE), tf.greater(images, 1 - INSIDE));
}
