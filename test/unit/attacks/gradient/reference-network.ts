import assert from 'node:assert/strict';
import * as tf from '@tensorflow/tfjs';
import * as z from 'zod';
import type { Victim } from '../../../../src/core/attacks/base/victim';
import type { Device } from '../../../../src/core/engine/devices/device';
import { float32, type NdArray } from '../../../../src/core/engine/arrays/nd-array';
import vectors from '../../../reference/gradient_attacks.json';

export const stored = z
  .object({ shape: z.array(z.int()), data: z.array(z.number()) })
  .transform(({ shape, data }) => float32(Float32Array.from(data), shape));
const network = z
  .object({ classes: z.int(), weights: z.array(stored), images: stored, labels: z.array(z.int()) })
  .parse(vectors);

export const { images, classes } = network;
export const labels = Int32Array.from(network.labels);

/** conv 3x3 - tanh - dense, on images of 7 x 5 pixels with 2 channels. */
export function referenceVictim(device: Device): Victim {
  const tensor = ({ data, shape }: NdArray<'float32'>): tf.Tensor => tf.tensor(data, [...shape]);
  return {
    device,
    classes,
    logits(x) {
      const [kernel, bias, dense, denseBias] = network.weights.map(tensor);
      assert.ok(kernel && bias && dense && denseBias);
      const features = tf.tanh(tf.add(tf.conv2d(x as tf.Tensor4D, kernel as tf.Tensor4D, 1, 'same'), bias));
      return tf.add(tf.matMul(tf.reshape(features, [x.shape[0], -1]), dense), denseBias);
    },
  };
}

export function assertClose(
  actual: ArrayLike<number> | undefined,
  expected: ArrayLike<number>,
  tolerance: number,
): void {
  assert.equal(actual?.length, expected.length);
  const worst = Array.from(expected).reduce(
    (most, value, i) => Math.max(most, Math.abs(value - (actual[i] ?? NaN))),
    0,
  );
  assert.ok(worst <= tolerance, `differs by ${worst}`);
}
