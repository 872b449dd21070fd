import * as tf from '@tensorflow/tfjs';
import { float32, type NdArray } from '../../engine/arrays/nd-array';
import { choose } from '../base/fooled';

/** The smallest example of each image so far. */
export interface Smallest {
  /** [N, H, W, C] */
  readonly found: tf.Tensor;
  /** [N] */
  readonly size: tf.Tensor;
  /** 1 where any example was found since this was last set to 0. [N] */
  readonly success: tf.Tensor;
}

const NOTHING_FOUND = 1e30;

/** Enters examples where `counts` is 1. */
export function keepSmallest(
  { found, size, success }: Smallest,
  examples: tf.Tensor,
  sizes: tf.Tensor,
  counts: tf.Tensor,
): { found: tf.Tensor; size: tf.Tensor; success: tf.Tensor } {
  const smaller = tf.mul(counts, tf.cast(tf.less(sizes, size), 'float32'));
  return {
    found: choose(smaller, examples, found),
    size: choose(smaller, sizes, size),
    success: tf.maximum(success, counts),
  };
}

/** Before anything was found. */
export function nothingFound(images: NdArray<'float32'>): {
  found: NdArray<'float32'>;
  size: NdArray<'float32'>;
} {
  const [count = 0] = images.shape;
  return { found: images, size: filled([count], NOTHING_FOUND) };
}

/** An array of one value. */
export function filled(shape: readonly number[], value: number): NdArray<'float32'> {
  const size = shape.reduce((product, dimension) => product * dimension, 1);
  return float32(new Float32Array(size).fill(value), shape);
}
