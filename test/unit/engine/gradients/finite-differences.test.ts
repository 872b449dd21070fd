import assert from 'node:assert/strict';
import * as tf from '@tensorflow/tfjs';
import { batchNormTrain } from '../../../../src/core/engine/ops/batch-norm';
import { deviceWith, layouts, noise } from '../engine-fixture';

type Function4D = (x: tf.Tensor4D) => tf.Tensor;

const image = (x: tf.Tensor): tf.Tensor4D => x as tf.Tensor4D;

/** Kernels whose gradient in TF.js's `cpu` backend is wrong; each is linear in x or smooth. */
const functions: Record<string, [Function4D, number[]]> = {
  "avgPool 'same' with windows over the padding": [(x) => tf.avgPool(x, 3, 2, 'same'), [2, 5, 5, 3]],
  "avgPool 'same' of stride 1": [(x) => tf.avgPool(x, 3, 1, 'same'), [2, 4, 4, 16]],
  'resizeNearestNeighbor of a batch': [(x) => tf.image.resizeNearestNeighbor(x, [6, 6]), [2, 3, 3, 2]],
  'resizeBilinear with half-pixel centres': [
    (x) => tf.image.resizeBilinear(x, [5, 5], false, true),
    [2, 3, 3, 2],
  ],
  'batch norm in the input': [
    (x) => batchNormTrain(x, tf.fill([4], 1.3), tf.fill([4], 0.2), { epsilon: 1e-2, relu: false }).y,
    [2, 3, 2, 4],
  ],
};

for (const layout of layouts) {
  describe(`gradients by finite differences (${layout})`, () => {
    for (const [name, [f, shape]] of Object.entries(functions)) {
      it(name, async function () {
        const x = noise(shape, 4);
        const objective = (z: tf.Tensor): tf.Tensor => {
          const y = f(image(z));
          const weights = Float32Array.from({ length: y.size }, (_, i) => Math.cos(i * 0.9) + 0.2);
          return y.mul(tf.tensor(weights, y.shape)).sum();
        };
        const device = await deviceWith(layout);
        const program = device.compile(name, (z) => [tf.grad(objective)(z)]);
        const value = device.compile(`${name}, value`, (z) => [objective(z)]);
        const [gradient] = await program.run(x);
        assert.ok(gradient);
        let largest = 0;
        let worst = 0;
        const h = 0.01;
        // Every third coordinate keeps the test short and still visits borders and corners.
        for (let i = 0; i < x.data.length; i += 3) {
          const at = async (offset: number): Promise<number> => {
            const data = x.data.slice();
            data[i] = (data[i] ?? 0) + offset;
            const [result] = await value.run({ ...x, data });
            return result?.data[0] ?? NaN;
          };
          const expected = ((await at(h)) - (await at(-h))) / (2 * h);
          largest = Math.max(largest, Math.abs(expected));
          worst = Math.max(worst, Math.abs(expected - (gradient.data[i] ?? NaN)));
        }
        // float32 differences of sums over the image carry about 1e-3 of noise.
        assert.ok(worst / largest < 5e-3, `${worst} of ${largest}`);
        await program.dispose();
        await value.dispose();
      });
    }
  });
}
