import * as tf from '@tensorflow/tfjs';
import type { NdArray } from '../../../../src/core/engine/arrays/nd-array';
import { float32 } from '../../../../src/core/engine/arrays/nd-array';
import { assertSame, layouts, noise, withGradients } from '../engine-fixture';

const rounded = (shape: number[]): NdArray => {
  const { data } = noise(shape, shape.length);
  return float32(
    data.map((value) => Math.round(value)),
    shape,
  );
};

for (const layout of layouts) {
  describe(`the gradient of overlapping max-pools (${layout})`, () => {
    for (const [kernel, stride] of [
      [3, 2],
      [3, 1],
      [2, 1],
    ] as const) {
      for (const pad of ['same', 'valid'] as const) {
        it(`goes to the first of equal maxima: ${kernel}x${kernel}, stride ${stride}, ${pad}`, async () => {
          // Few different values: every window has ties, and every input is in several windows.
          const program = withGradients((x, f) =>
            tf.maxPool(tf.conv2d(x as tf.Tensor4D, f as tf.Tensor4D, 1, 'same'), kernel, stride, pad),
          );
          const inputs = [rounded([2, 9, 8, 3]), rounded([1, 1, 3, 16])];
          await assertSame(layout, 'ties behind a convolution', program, inputs);
          const direct = withGradients((x) =>
            tf.maxPool(tf.clipByValue(x as tf.Tensor4D, -0.3, 0.3), kernel, stride, pad),
          );
          await assertSame(layout, 'clipped', direct, [noise([2, 9, 8, 3])]);
        });
      }
    }
  });
}
