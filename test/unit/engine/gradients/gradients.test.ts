import assert from 'node:assert/strict';
import * as tf from '@tensorflow/tfjs';
import type { Program } from '../../../../src/core/engine/tracing/program';
import { float32 } from '../../../../src/core/engine/arrays/nd-array';
import { M2atError } from '../../../../src/core/errors';
import { assertClose, deviceWith, eager, layouts, noise, runOn } from '../engine-fixture';

type Map = (x: tf.Tensor) => tf.Tensor;

const image = (x: tf.Tensor): tf.Tensor4D => x as tf.Tensor4D;
const filter = (shape: [number, number, number, number]): tf.Tensor4D =>
  tf.tensor4d(Float32Array.from(noise(shape, 3).data), shape);

/** Ops whose gradient TF.js lacks or has wrong, so that it is ours; each is smooth around the inputs of the test. */
const maps: Record<string, [Map, number[]]> = {
  'the largest numbers of each row': [(x) => tf.topk(x, 3).values.square(), [3, 5]],
  'the largest numbers and their places': [
    (x) => {
      const { values, indices } = tf.topk(x, 2);
      return values.mul(indices.cast('float32').add(1));
    },
    [4, 4],
  ],
  'einsum of a tensor with itself': [(x) => tf.einsum('bij,bkj->bik', x, x), [2, 3, 2]],
  'einsum with a label of one operand': [(x) => tf.einsum('bij->bj', x).square(), [2, 3, 4]],
  'the score of each label': [(x) => tf.gather(x, tf.tensor1d([2, 0, 1], 'int32'), 1, 1).exp(), [3, 4]],
  'gatherND of one element twice': [
    (x) =>
      tf
        .gatherND(
          x,
          tf.tensor2d(
            [
              [0, 1],
              [2, 3],
              [0, 1],
            ],
            [3, 2],
            'int32',
          ),
        )
        .square(),
    [3, 4],
  ],
  'mirrorPad, reflected': [
    (x) =>
      tf
        .mirrorPad(
          x,
          [
            [0, 0],
            [2, 1],
            [1, 2],
            [0, 0],
          ],
          'reflect',
        )
        .square(),
    [1, 3, 3, 2],
  ],
  'mirrorPad, symmetric': [
    (x) =>
      tf
        .mirrorPad(
          x,
          [
            [2, 2],
            [0, 3],
          ],
          'symmetric',
        )
        .square(),
    [2, 3],
  ],
  'stridedSlice, forwards and backwards': [
    (x) => tf.stridedSlice(x, [1, -1, 0], [6, -6, 2], [2, -2, 1]).square(),
    [6, 5, 2],
  ],
  'cumsum of the first axis': [(x) => tf.cumsum(x, 0, true, true).square(), [3, 4]],
  depthToSpace: [(x) => tf.depthToSpace(image(x), 2).square(), [1, 2, 2, 4]],
  flipLeftRight: [(x) => tf.image.flipLeftRight(image(x)).square(), [1, 2, 3, 2]],
  'tile of five dimensions': [(x) => tf.tile(x, [1, 2, 1, 3, 2]).square(), [2, 2, 1, 1, 3]],
  'broadcastTo five dimensions': [(x) => tf.broadcastTo(x, [2, 3, 2, 2, 2]).square(), [3, 1, 2, 1]],
  'the larger of an image and its mean': [(x) => tf.maximum(x, x.mean(0, true)).square(), [4, 3]],
  'the smaller of a mean and its image': [(x) => tf.minimum(x.mean(-1, true), x).square(), [4, 3]],
  'squaredDifference to a mean': [(x) => tf.squaredDifference(x, x.mean(0, true)), [4, 3]],
  'squaredDifference of a mean': [(x) => tf.squaredDifference(x.mean(), x).square(), [4, 3]],
  'prelu with a computed slope': [(x) => tf.prelu(x, x.mean(0, true)), [4, 3]],
  'prelu of a number with many slopes': [(x) => tf.prelu(x.mean().sub(1), x.square()), [4, 3]],
  'mod by a mean': [(x) => tf.mod(x, x.mean(0, true).exp().mul(0.3)), [4, 3]],
  'whole numbers beside what they are made of': [
    (x) => x.mul(3).cast('int32').cast('float32').add(tf.floorDiv(x, 0.3)).add(x.square()),
    [4, 3],
  ],
  'a choice by comparisons': [
    (x) => tf.where(tf.logicalAnd(x.greater(x.mean()), tf.logicalNot(x.isNaN())), x.square(), x.mul(0.5)),
    [4, 3],
  ],
  'the largest of each row, twice': [(x) => tf.gather(x, tf.argMax(x, 1), 1).mul(tf.max(x, 1, true)), [3, 3]],
  'the smallest of all': [(x) => tf.min(x.neg()).mul(x), [3, 4]],
  'a power of itself': [(x) => tf.pow(x.abs().add(0.2), x.mean(0, true)), [3, 4]],
  'conv2d, dilated': [
    (x) => tf.conv2d(image(x), filter([3, 2, 2, 3]), 1, 'same', 'NHWC', [2, 3]).square(),
    [1, 5, 5, 2],
  ],
  'depthwiseConv2d, dilated': [
    (x) => tf.depthwiseConv2d(image(x), filter([2, 3, 2, 2]), 1, 'valid', 'NHWC', 2).square(),
    [1, 5, 6, 2],
  ],
};

const objective =
  (f: Map): Map =>
  (x) => {
    const y = f(x);
    const weights = Float32Array.from({ length: y.size }, (_, i) => Math.cos(i * 0.9) + 0.2);
    return y.mul(tf.tensor(weights, y.shape)).sum();
  };

/** Central differences of the values on TF.js's `cpu` backend. */
async function differences(f: Map, shape: number[]): Promise<number[]> {
  const x = noise(shape, 4);
  const h = 0.01;
  const program: Program = (z) => {
    const rows = Array.from({ length: x.data.length }, (_, i) => {
      const step = tf.oneHot(i, x.data.length).cast('float32').reshape(shape).mul(h);
      return objective(f)(z.add(step))
        .sub(objective(f)(z.sub(step)))
        .div(2 * h);
    });
    return [tf.stack(rows)];
  };
  const [result] = await runOn(eager, 'differences', program, [x]);
  return Array.from(result?.data ?? []);
}

describe('gradients that TF.js lacks, by finite differences', () => {
  for (const [name, [f, shape]] of Object.entries(maps)) {
    it(name, async () => {
      const expected = await differences(f, shape);
      const largest = Math.max(...expected.map(Math.abs));
      assert.ok(largest > 0.1, 'the gradient should not vanish');
      const devices = [eager, ...(await Promise.all(layouts.map(deviceWith)))];
      for (const device of devices) {
        const program: Program = (x) => [tf.grad(objective(f))(x)];
        const [gradient] = await runOn(device, name, program, [noise(shape, 4)]);
        expected.forEach((value, i) => {
          const error = Math.abs(value - (gradient?.data[i] ?? NaN)) / largest;
          assert.ok(error < 5e-3, `${device.description}, element ${i}: ${gradient?.data[i]}, not ${value}`);
        });
      }
    });
  }

  it('stridedSlice that drops an axis, which TF.js reads out of range', async () => {
    const program =
      (f: Map): Program =>
      (x) => [f(x), tf.grad(objective((z) => f(z).square()))(x)];
    const dropping: Map = (x) => tf.stridedSlice(x, [2, 1], [3, 6], [1, 2], 0, 0, 0, 0, 1);
    const plain: Map = (x) => tf.stridedSlice(x, [2, 1], [3, 6], [1, 2]).reshape([3]);
    const expected = await runOn(eager, 'plain', program(plain), [noise([4, 7])]);
    for (const layout of layouts) {
      const actual = await runOn(await deviceWith(layout), 'dropping', program(dropping), [noise([4, 7])]);
      assertClose(actual, expected, layout);
    }
  });

  it('refuse an einsum that takes a diagonal', async () => {
    const program: Program = (x) => [tf.grad((z) => tf.einsum('ii->i', z).sum())(x)];
    const x = float32(Float32Array.of(1, 2, 3, 4), [2, 2]);
    await assert.rejects(
      runOn(await deviceWith('portable'), 'diagonal', program, [x]),
      (error) => error instanceof M2atError && error.code === 'unsupported' && error.message.includes('(ii)'),
    );
  });
});
