import * as tf from '@tensorflow/tfjs';
import type { Program } from '../../../../src/core/engine/tracing/program';
import type { NdArray } from '../../../../src/core/engine/arrays/nd-array';
import { float32, int32 } from '../../../../src/core/engine/arrays/nd-array';
import { assertSame, layouts, noise, withGradients } from '../engine-fixture';

type Unary = (x: tf.Tensor) => tf.Tensor;
type Binary = (a: tf.Tensor, b: tf.Tensor) => tf.Tensor;

/** Runs a one-input function on a vector, on a plain image and behind a convolution (blocked or NCHW). */
function everywhere(f: Unary, positive = false): [string, Program, NdArray[]][] {
  const prepare: Unary = (x) => (positive ? x.abs().add(0.1) : x);
  const cases: [string, Program, NdArray[]][] = [
    ['on a vector', withGradients((x) => f(prepare(x))), [noise([7])]],
    ['on an image', withGradients((x) => f(prepare(x))), [noise([2, 3, 5, 3])]],
  ];
  for (const channels of [3, 8, 16, 20]) {
    cases.push([
      `behind a convolution of ${channels} channels`,
      withGradients((x, w) => f(prepare(tf.conv2d(x as tf.Tensor4D, w as tf.Tensor4D, 1, 'same')))),
      [noise([2, 4, 3, 3]), noise([1, 1, 3, channels], 5)],
    ]);
  }
  return cases;
}

const unary: Record<string, Unary> = {
  neg: (x) => x.neg(),
  abs: (x) => x.abs(),
  exp: (x) => x.exp(),
  expm1: (x) => x.expm1(),
  square: (x) => x.square(),
  sigmoid: (x) => x.sigmoid(),
  tanh: (x) => x.tanh(),
  softplus: (x) => x.softplus(),
  erf: (x) => x.erf(),
  sin: (x) => x.sin(),
  cos: (x) => x.cos(),
  relu: (x) => x.relu(),
  relu6: (x) => x.mul(8).relu6(),
  leakyRelu: (x) => x.leakyRelu(0.1),
  prelu: (x) => x.prelu(tf.scalar(0.3)),
  elu: (x) => x.elu(),
  selu: (x) => x.selu(),
  sign: (x) => x.sign().mul(x),
  floor: (x) => x.mul(3).floor().add(x),
  ceil: (x) => x.mul(3).ceil().add(x),
  round: (x) => x.mul(3).round().add(x),
  clip: (x) => x.clipByValue(-0.4, 0.5),
  step: (x) => x.step(0.2).mul(x),
  'x * 1 + 0': (x) => x.mul(1).add(0).sub(0).div(1),
  softmax: (x) => x.softmax(),
  logSoftmax: (x) => x.logSoftmax(),
  'sum of all': (x) => x.sum(),
  'mean of the last axis': (x) => x.mean(-1, true),
  'max of the last axis': (x) => x.max(-1),
  'min of all': (x) => x.min(),
  logSumExp: (x) => x.logSumExp(-1),
};

const positive: Record<string, Unary> = {
  log: (x) => x.log(),
  log1p: (x) => x.log1p(),
  sqrt: (x) => x.sqrt(),
  rsqrt: (x) => x.rsqrt(),
  reciprocal: (x) => x.reciprocal(),
  pow: (x) => x.pow(1.7),
  'norm over images': (x) => x.square().sum().sqrt(),
};

const binary: Record<string, Binary> = {
  add: (a, b) => a.add(b),
  sub: (a, b) => a.sub(b),
  mul: (a, b) => a.mul(b),
  div: (a, b) => a.div(b.add(3)),
  maximum: (a, b) => tf.maximum(a, b),
  minimum: (a, b) => tf.minimum(a, b),
  squaredDifference: (a, b) => tf.squaredDifference(a, b),
  where: (a, b) => {
    const [x, y] = [a.add(b.mul(0)), b.add(a.mul(0))];
    const condition = tf.tensor(
      Uint8Array.from({ length: x.size }, (_, i) => i % 2),
      x.shape,
      'bool',
    );
    return tf.where(condition, x, y);
  },
};

for (const layout of layouts) {
  describe(`elementwise kernels and reductions (${layout})`, () => {
    for (const [name, f] of Object.entries(unary)) {
      it(`${name}: value and gradient`, async () => {
        for (const [where, program, inputs] of everywhere(f))
          await assertSame(layout, `${name} ${where}`, program, inputs);
      });
    }
    for (const [name, f] of Object.entries(positive)) {
      it(`${name}: value and gradient`, async () => {
        for (const [where, program, inputs] of everywhere(f, true)) {
          await assertSame(layout, `${name} ${where}`, program, inputs);
        }
      });
    }
    for (const [name, f] of Object.entries(binary)) {
      it(`${name}: values and gradients over broadcasting`, async () => {
        const shapes: [number[], number[]][] = [
          [
            [4, 3],
            [4, 3],
          ],
          [[4, 3], [3]],
          [
            [4, 1],
            [1, 3],
          ],
          [[], [2, 2]],
          [[2, 3, 5, 3], [3]],
          [
            [2, 3, 5, 3],
            [2, 1, 1, 1],
          ],
        ];
        for (const [a, b] of shapes) {
          await assertSame(layout, `${name} [${a.join()}] [${b.join()}]`, withGradients(f), [
            noise(a),
            noise(b, 9),
          ]);
        }
        for (const channels of [3, 16, 20]) {
          for (const other of [
            [channels],
            [1, 1, 1, channels],
            [2, 1, 1, 1],
            [2, 4, 3, channels],
            [4, 3, 1],
            [],
          ]) {
            const program = withGradients((x, w, b) =>
              f(tf.conv2d(x as tf.Tensor4D, w as tf.Tensor4D, 1, 'same'), b),
            );
            const inputs = [noise([2, 4, 3, 3]), noise([1, 1, 3, channels], 5), noise(other, 9)];
            await assertSame(layout, `${name}: convolution and [${other.join()}]`, program, inputs);
          }
        }
      });
    }
    it('reductions of images over every choice of axes', async () => {
      for (const axes of [[0], [1], [3], [1, 2], [0, 1, 2], [1, 2, 3], [0, 3]]) {
        for (const keepDims of [false, true]) {
          for (const channels of [3, 16, 20]) {
            const program = withGradients((x, w) => {
              const y = tf.conv2d(x as tf.Tensor4D, w as tf.Tensor4D, 1, 'same');
              return y.mean(axes, keepDims).add(y.square().sum(axes, keepDims)).add(y.max(axes, keepDims));
            });
            const inputs = [noise([2, 4, 3, 3]), noise([1, 1, 3, channels], 5)];
            await assertSame(layout, `axes ${axes.join()} of ${channels} channels`, program, inputs);
          }
        }
      }
    });
  });
}

describe('kernels that know no layout', () => {
  const check = (name: string, program: Program, inputs: NdArray[]): Promise<void> =>
    assertSame('portable', name, program, inputs);

  it('shapes: reshape, transpose, concat, stack, slice, pad, tile, reverse, gather, with gradients', async () => {
    const shapes: Record<string, Unary> = {
      reshape: (x) => x.reshape([4, -1]),
      flatten: (x) => x.flatten(),
      expandDims: (x) => x.expandDims(1),
      transpose: (x) => x.transpose([2, 0, 1]),
      concat: (x) => tf.concat([x, x.mul(2), x], 1),
      stack: (x) => tf.stack([x, x.neg()], 1),
      unstack: (x) => tf.unstack(x, 2)[1] ?? x,
      split: (x) => (tf.split(x, [1, 3], 1)[1] ?? x).square(),
      slice: (x) => tf.slice(x, [0, 1, 1], [2, 2, 2]),
      pad: (x) =>
        tf.pad(
          x,
          [
            [0, 1],
            [2, 0],
            [0, 0],
          ],
          0.5,
        ),
      tile: (x) => tf.tile(x, [2, 1, 3]),
      'tile of a unit axis': (x) => tf.tile(x.sum(1, true), [1, 5, 1]).square(),
      broadcastTo: (x) => x.sum(0, true).broadcastTo([3, 4, 3]).mul(2),
      reverse: (x) => x.reverse([0, 2]),
      gather: (x) => tf.gather(x, tf.tensor1d([1, 0, 1], 'int32'), 2),
      'gather of rows': (x) => tf.gather(x, tf.tensor1d([1, 0, 1], 'int32')),
      cumsum: (x) => x.cumsum(2, true, true),
    };
    for (const [name, f] of Object.entries(shapes)) await check(name, withGradients(f), [noise([2, 4, 3])]);
  });

  it('strided slices and products: values', async () => {
    const program: Program = (x) => [
      tf.stridedSlice(x, [0, 3, 0], [2, 0, 3], [1, -2, 2]),
      tf.stridedSlice(x, [0], [1], [1], 0, 0, 0, 0, 1),
      x.prod(1),
    ];
    await check('stridedSlice', program, [noise([2, 4, 3])]);
  });

  it('matMul and dense with every transposition, batch and activation', async () => {
    for (const transposeA of [false, true]) {
      for (const transposeB of [false, true]) {
        const a = noise(transposeA ? [3, 4] : [4, 3]);
        const b = noise(transposeB ? [5, 3] : [3, 5], 2);
        await check(
          'matMul',
          withGradients((x, y) => tf.matMul(x, y, transposeA, transposeB)),
          [a, b],
        );
        const batchA = noise(transposeA ? [2, 3, 4] : [2, 4, 3]);
        const batchB = noise(transposeB ? [2, 5, 3] : [2, 3, 5], 2);
        await check(
          'batchMatMul',
          withGradients((x, y) => tf.matMul(x, y, transposeA, transposeB)),
          [batchA, batchB],
        );
      }
    }
    for (const activation of ['linear', 'relu', 'relu6', 'elu', 'sigmoid', 'leakyrelu'] as const) {
      const f = (a: tf.Tensor, b: tf.Tensor, bias: tf.Tensor): tf.Tensor =>
        tf.fused.matMul({ a, b, bias, activation });
      const inputs = [noise([4, 3]), noise([3, 5], 2), noise([5], 3)];
      await check(`fused ${activation}`, (a, b, bias) => [f(a, b, bias)], inputs);
    }
  });

  it('losses, labels and accuracy', async () => {
    const labels = int32(Int32Array.of(2, 0, 1, 2), [4]);
    const crossEntropy = (logits: tf.Tensor, index: tf.Tensor): tf.Tensor =>
      tf.losses.softmaxCrossEntropy(tf.oneHot(index.toInt(), 3), logits);
    await check(
      'cross-entropy',
      (logits, index) => {
        const gradient = tf.grad((z) => crossEntropy(z, index))(logits);
        const hit = logits.argMax(-1).equal(index);
        return [
          crossEntropy(logits, index),
          gradient,
          hit,
          hit.mean(),
          hit.sum(),
          logits.argMin(1),
          hit.all(),
          hit.any(),
        ];
      },
      [noise([4, 3]), labels],
    );
  });

  it('comparisons, logic, integers and booleans in and out', async () => {
    const flags = { dtype: 'bool', shape: [4], data: Uint8Array.of(1, 0, 1, 0) } as const;
    const a = float32(Float32Array.of(1, 2, 3, 3), [4]);
    const b = float32(Float32Array.of(2, 2, 1, 3), [4]);
    const counts = int32(Int32Array.of(-7, 5, 9, 0), [4]);
    await check(
      'comparisons',
      (x, y, flag, n) => {
        return [
          x.equal(y),
          x.notEqual(y),
          x.less(y),
          x.lessEqual(y),
          x.greater(y),
          x.greaterEqual(y),
          flag.logicalAnd(x.less(y)),
          flag.logicalOr(x.less(y)),
          flag.logicalNot(),
          flag.cast('float32'),
          n.add(n),
          n.mul(tf.scalar(2, 'int32')),
          n.floorDiv(tf.scalar(2, 'int32')),
          n.mod(tf.scalar(4, 'int32')),
          n.abs(),
          n.sum(),
          n.max(),
          n.cast('bool'),
          n.toFloat().mean(),
          tf.where(flag, n, n.neg()),
          x.toInt(),
          tf.range(0, 4, 1, 'int32').add(n),
          tf.addN([x, y, x]),
          tf.where(flag, flag.logicalNot(), flag),
        ];
      },
      [a, b, flags, counts],
    );
  });
});
