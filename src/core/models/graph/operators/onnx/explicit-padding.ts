import * as tf from '@tensorflow/tfjs';
import { TRACE_BACKEND } from '../../../../engine/tracing/trace-backend';
import type { Pads } from '../../value';

/** An image and the padding that is left to the op that uses it. */
export interface PaddedImage {
  readonly image: tf.Tensor4D;
  readonly pad: 'valid' | tf.backend_util.ExplicitPadding;
}

/**
 * The padding of an image, as an op's own where it is compiled. TF.js's other backends refuse paddings that differ from
 * side to side, or differentiate them wrongly: there a Pad comes first.
 */
export function padded(image: tf.Tensor4D, [top, left, bottom, right]: Pads, value: number): PaddedImage {
  if (top === 0 && left === 0 && bottom === 0 && right === 0) return { image, pad: 'valid' };
  const pad: [[0, 0], [number, number], [number, number], [0, 0]] = [
    [0, 0],
    [top, bottom],
    [left, right],
    [0, 0],
  ];
  if (tf.getBackend() === TRACE_BACKEND) return { image, pad };
  return { image: tf.pad(image, pad, value), pad: 'valid' };
}
