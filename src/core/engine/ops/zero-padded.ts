import * as tf from '@tensorflow/tfjs';
import { TRACE_BACKEND } from '../tracing/trace-backend';

/**
 * What a convolution takes for x [N, H, W, C] with zeros around it: the image, and the padding to name. A compiled
 * convolution, forward and backward, pads by itself; TF.js's own backends get the larger image.
 * @param zeros rows above and below, columns left and right
 */
export function zeroPadded(
  x: tf.Tensor4D,
  [rows, columns]: readonly [readonly [number, number], readonly [number, number]],
): [x: tf.Tensor4D, pad: 'valid' | tf.backend_util.ExplicitPadding] {
  if (tf.getBackend() !== TRACE_BACKEND)
    return [tf.pad4d(x, [[0, 0], [...rows], [...columns], [0, 0]]), 'valid'];
  return [x, [[0, 0], [...rows], [...columns], [0, 0]]];
}
