import * as tf from '@tensorflow/tfjs';
import { assertSame, noise } from '../engine-fixture';

interface Case {
  readonly x: [number, number, number, number];
  readonly filter: [number, number, number, number];
  readonly strides?: number;
  readonly pad?: 'same' | 'valid';
  readonly dilations?: number;
}

/** Widths that fill blocks, divide them, and do neither; batches that fill the rest of a block, or not. */
const cases: readonly Case[] = [
  { x: [2, 3, 32, 16], filter: [3, 3, 16, 16] },
  { x: [3, 5, 16, 32], filter: [3, 3, 32, 16] },
  { x: [4, 4, 8, 16], filter: [3, 3, 16, 40] },
  { x: [3, 4, 8, 16], filter: [3, 3, 16, 16] },
  { x: [8, 4, 4, 20], filter: [3, 3, 20, 70] },
  { x: [2, 7, 7, 16], filter: [3, 3, 16, 16] },
  { x: [1, 5, 20, 24], filter: [5, 5, 24, 16] },
  { x: [2, 8, 16, 3], filter: [3, 3, 3, 16] },
  { x: [2, 6, 6, 3], filter: [3, 3, 3, 16] },
  { x: [2, 8, 16, 16], filter: [1, 1, 16, 32] },
  { x: [2, 9, 17, 16], filter: [3, 3, 16, 16], pad: 'valid' },
  { x: [2, 8, 32, 16], filter: [3, 3, 16, 32], strides: 2 },
  { x: [4, 9, 9, 16], filter: [3, 3, 16, 16], strides: 2 },
  { x: [4, 8, 8, 16], filter: [3, 3, 16, 16], strides: 2, pad: 'valid' },
  { x: [2, 8, 16, 16], filter: [1, 1, 16, 32], strides: 2 },
  { x: [2, 9, 9, 16], filter: [1, 1, 16, 16], strides: 2, pad: 'valid' },
  { x: [2, 11, 13, 16], filter: [5, 3, 16, 16], strides: 3 },
  { x: [2, 9, 16, 16], filter: [3, 3, 16, 16], dilations: 2 },
  { x: [2, 9, 10, 16], filter: [3, 3, 16, 16], dilations: 2, pad: 'valid' },
  { x: [2, 2, 3, 16], filter: [5, 5, 16, 16] },
];

describe('the filter gradient of a convolution on blocked data', () => {
  for (const { x, filter, strides = 1, pad = 'same', dilations = 1 } of cases) {
    const title = `${x.join('x')} by ${filter.join('x')}, stride ${strides}, ${pad}, dilation ${dilations}`;
    it(`agrees with TF.js: ${title}`, async () => {
      const [h = 1, w = 1] = tf.backend_util
        .computeConv2DInfo(x, filter, strides, dilations, pad)
        .outShape.slice(1);
      const loss = (image: tf.Tensor, kernel: tf.Tensor, weights: tf.Tensor): tf.Tensor =>
        tf
          .conv2d(image.relu().as4D(...x), kernel.as4D(...filter), strides, pad, 'NHWC', dilations)
          .mul(weights)
          .sum();
      await assertSame(
        'blocked',
        title,
        // The ReLU makes x a blocked value, as it is inside of a network.
        (image, stem, kernel, weights) => {
          const blocked = tf.conv2d(image.as4D(...x), stem.as4D(1, 1, x[3], x[3]), 1, 'same');
          return [tf.grad((f: tf.Tensor) => loss(blocked, f, weights))(kernel)];
        },
        [noise(x), noise([1, 1, x[3], x[3]], 2), noise(filter, 3), noise([x[0], h, w, filter[3]], 4)],
      );
    });
  }
});
