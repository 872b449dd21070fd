import * as tf from '@tensorflow/tfjs';
import { assertSame, layouts, noise, withGradients } from '../engine-fixture';

/** Nothing depends on it where there is one output; a gradient that went over it would take hours. */
const stride = 2 ** 20;
const image = (x: tf.Tensor): tf.Tensor4D => tf.reshape(x, x.shape as [number, number, number, number]);

for (const layout of layouts) {
  describe(`strides that are larger than the input (${layout})`, () => {
    for (const pad of ['same', 'valid'] as const) {
      for (const strides of [
        [stride, stride],
        [stride, 2],
      ] as [number, number][]) {
        const label = `${pad}, ${strides.join(' x ')}`;
        it(`cost a convolution nothing: ${label}`, async () => {
          const program = withGradients((x, f) => tf.conv2d(image(x), image(f), strides, pad));
          await assertSame(layout, label, program, [noise([2, 8, 7, 3]), noise([3, 3, 3, 8])]);
        });
        it(`cost a depthwise convolution nothing: ${label}`, async () => {
          const program = withGradients((x, f) => tf.depthwiseConv2d(image(x), image(f), strides, pad));
          await assertSame(layout, label, program, [noise([2, 8, 7, 3]), noise([3, 3, 3, 1])]);
        });
        it(`cost a max-pool nothing: ${label}`, async () => {
          const program = withGradients((x) => tf.maxPool(image(x), 3, strides, pad));
          await assertSame(layout, label, program, [noise([2, 8, 7, 16])]);
        });
      }
    }
  });
}
