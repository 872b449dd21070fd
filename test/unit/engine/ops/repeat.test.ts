import assert from 'node:assert/strict';
import * as tf from '@tensorflow/tfjs';
import type { Program } from '../../../../src/core/engine/tracing/program';
import { int32, scalar } from '../../../../src/core/engine/arrays/nd-array';
import { batchNormInference } from '../../../../src/core/engine/ops/batch-norm';
import { repeat } from '../../../../src/core/engine/ops/repeat';
import { M2atError } from '../../../../src/core/errors';
import { assertSame, deviceWith, layouts, noise, runOn } from '../engine-fixture';

for (const layout of layouts) {
  describe(`repeat (${layout})`, () => {
    it('attacks a network: variables, outer tensors and gradients inside the loop', async () => {
      const filter = tf.variable(tf.tensor(noise([3, 3, 3, 20], 3).data, [3, 3, 3, 20]));
      const ones = tf.ones([20]);
      const attack: Program = (x, labels, stepSize) => {
        const loss = (z: tf.Tensor): tf.Tensor => {
          const h = tf.conv2d(z as tf.Tensor4D, filter as tf.Tensor4D, 1, 'same');
          const options = { epsilon: 1e-3, relu: true };
          const y = batchNormInference(h, ones, ones.mul(0.1), ones.mul(0.2), ones, options);
          return tf.losses.softmaxCrossEntropy(labels, y.mean([1, 2]));
        };
        const [adversarial] = repeat(4, [x], ([z]) => {
          assert.ok(z);
          const moved = z.add(tf.grad(loss)(z).mul(stepSize));
          return [moved.clipByValue(-1, 1).sub(x).clipByValue(-0.3, 0.3).add(x)];
        });
        assert.ok(adversarial);
        return [adversarial, loss(adversarial)];
      };
      const labels = tf.tidy(() => tf.oneHot([3, 7], 20).toFloat().dataSync());
      await assertSame(layout, 'attack', attack, [
        noise([2, 5, 6, 3]),
        { dtype: 'float32', shape: [2, 20], data: Float32Array.from(labels) },
        scalar(3),
      ]);
      filter.dispose();
      ones.dispose();
    });

    it('carries several tensors, nests, and does nothing for no steps', async () => {
      const program: Program = (a, b) => {
        const [x, y] = repeat(3, [a, b], ([p, q]) => {
          assert.ok(p && q);
          const [inner] = repeat(2, [p], ([r]) => (r ? [r.mul(0.5).add(q.mean()).add(a.mul(2))] : []));
          return [inner ?? p, q.add(1)];
        });
        const [same] = repeat(0, [a], ([r]) => (r ? [r.mul(2)] : []));
        return [x ?? a, y ?? b, same ?? a];
      };
      await assertSame(layout, 'nested', program, [noise([2, 3]), noise([4], 2)]);
    });

    it('hands on what a step does not change, also in another place', async () => {
      const program: Program = (a, b, c) =>
        repeat(3, [a, b, c], ([p = a, q = b, r = c]) => [p.mul(0.5).add(q), p, r]);
      await assertSame(layout, 'handed on', program, [noise([2, 3]), noise([2, 3], 2), noise([4], 3)]);
    });

    it('takes the number of steps as an input', async () => {
      const program: Program = (a, steps) => repeat(steps, [a], ([z]) => (z ? [z.mul(0.5).add(1)] : []));
      for (const steps of [0, 1, 7]) {
        const inputs = [noise([2, 3]), int32(Int32Array.of(steps), [])];
        await assertSame(layout, `${steps} steps`, program, inputs);
      }
    });
  });
}

describe('repeat refuses', () => {
  it('a variable that is assigned in the loop', async () => {
    const count = tf.variable(tf.scalar(0));
    const program: Program = (x) =>
      repeat(2, [x], ([z]) => {
        assert.ok(z);
        count.assign(count.add(z.sum()));
        return [z.mul(2)];
      });
    await assert.rejects(
      async () => runOn(await deviceWith('portable'), 'count', program, [noise([2])]),
      (error: unknown) => error instanceof M2atError && error.code === 'unsupported',
    );
    assert.equal(count.dataSync()[0], 0);
    count.dispose();
  });

  it('a body that changes a shape', async () => {
    const program: Program = (x) => repeat(2, [x], ([z]) => (z ? [tf.concat([z, z])] : []));
    await assert.rejects(
      async () => runOn(await deviceWith('portable'), 'grow', program, [noise([2])]),
      RangeError,
    );
  });
});
