import * as tf from '@tensorflow/tfjs';
import { TRACE_BACKEND } from '../../../../src/core/engine/tracing/trace-backend';
import type { Random } from '../../../../src/core/random';
import { caseOf, type CaseMaker } from './kernel-case';
import {
  between,
  booleans,
  chance,
  floats,
  given,
  imageShape,
  integers,
  pick,
  randomShape,
} from './operands';

const shapeOf = (random: Random): number[] =>
  chance(random) ? imageShape(random) : randomShape(random, between(random, 1, 5));

function axesOf(random: Random, rank: number): number[] | undefined {
  if (chance(random, 0.2)) return undefined;
  if (rank === 4 && chance(random, 0.3))
    return pick(random, [
      [1, 2],
      [0, 1, 2],
    ]);
  const axes = [...random.permutation(rank)].slice(0, between(random, 1, rank));
  return axes.map((axis) => (chance(random, 0.3) ? axis - rank : axis));
}

type Reduction = (x: tf.Tensor, axes: number[] | undefined, keepDims: boolean) => tf.Tensor;

const reductions: Record<string, Reduction> = {
  sum: (x, axes, keep) => x.sum(axes, keep),
  mean: (x, axes, keep) => x.mean(axes, keep),
  max: (x, axes, keep) => x.max(axes, keep),
  min: (x, axes, keep) => x.min(axes, keep),
  logSumExp: (x, axes, keep) => x.logSumExp(axes, keep),
  'sum of squares': (x, axes, keep) => x.square().sum(axes, keep),
  'euclidean norm': (x, axes, keep) => x.square().sum(axes, keep).add(0.5).sqrt(),
  variance: (x, axes) => tf.moments(x, axes).variance,
};

const makers: Record<string, CaseMaker> = {};

for (const [name, f] of Object.entries(reductions)) {
  makers[name] = (random) => {
    const shape = shapeOf(random);
    const axes = axesOf(random, shape.length);
    const keep = chance(random);
    return caseOf(`${name} over ${axes?.join() ?? 'all'}, keepDims ${keep}`, [floats(random, shape)], (x) =>
      f(x, axes, keep),
    );
  };
}

makers.prod = (random) => {
  const shape = shapeOf(random);
  const axes = axesOf(random, shape.length);
  return caseOf(
    `prod over ${axes?.join() ?? 'all'}`,
    [floats(random, shape)],
    (x) => x.prod(axes, true),
    'none',
  );
};
makers['reductions of integers and booleans'] = (random) => {
  const shape = shapeOf(random);
  const axes = axesOf(random, shape.length);
  const keep = chance(random);
  return caseOf(
    `reductions over ${axes?.join() ?? 'all'}`,
    [given(integers(random, shape)), given(booleans(random, shape))],
    (x, b) => [
      x.sum(axes, keep),
      x.mean(axes, keep),
      x.max(axes, keep),
      x.min(axes, keep),
      x.sign().prod(axes, keep),
      b.all(axes, keep),
      b.any(axes, keep),
      b.sum(axes, keep),
      b.mean(axes, keep),
    ],
    'none',
  );
};
makers['reductions of fills'] = (random) => {
  const shape = shapeOf(random);
  const axes = axesOf(random, shape.length);
  return caseOf(
    `reductions of fills over ${axes?.join() ?? 'all'}`,
    [floats(random, shape)],
    (x) => {
      const fill = tf.fill(shape, 1.5);
      return [
        fill.sum(axes),
        fill.mean(axes),
        fill.max(axes, true),
        fill.min(axes),
        fill.prod(axes),
        fill.greater(1).all(axes),
        fill.less(1).any(axes),
        x.sum(axes).add(fill.sum(axes)),
      ];
    },
    'none',
  );
};
makers['argMax and argMin'] = (random) => {
  const shape = shapeOf(random);
  const axis = between(random, -shape.length, shape.length - 1);
  return caseOf(
    `argMax and argMin over ${axis}`,
    [floats(random, shape), given(integers(random, shape))],
    (x, n) => [x.argMax(axis), x.argMin(axis), n.argMax(axis), n.argMin(axis)],
    'none',
  );
};
makers.softmax = (random) => caseOf('softmax', [floats(random, shapeOf(random))], (x) => x.mul(3).softmax());
makers.logSoftmax = (random) =>
  caseOf('logSoftmax', [floats(random, shapeOf(random))], (x) => x.mul(3).logSoftmax());
makers['the kernel LogSoftmax'] = (random) =>
  // No op of TF.js calls it: `logSoftmax` is composed of others.
  caseOf(
    'LogSoftmax',
    [floats(random, shapeOf(random))],
    (x) =>
      tf.getBackend() === TRACE_BACKEND
        ? tf.engine().runKernel<tf.Tensor>('LogSoftmax', { logits: x })
        : tf.logSoftmax(x),
    'none',
  );
makers.cumsum = (random) => {
  const shape = shapeOf(random);
  // TF.js's gradient takes no negative axis.
  const axis = random.int(shape.length);
  const exclusive = chance(random);
  const reverse = chance(random);
  return caseOf(
    `cumsum over ${axis}, exclusive ${exclusive}, reverse ${reverse}`,
    [floats(random, shape)],
    (x) => x.cumsum(axis, exclusive, reverse),
  );
};
makers['cross-entropy of labels'] = (random) => {
  const shape = [between(random, 1, 5), between(random, 2, 12)] as const;
  const labels = given(integers(random, [shape[0]], 0, shape[1] - 1));
  return caseOf('cross-entropy', [floats(random, shape), labels], (logits, index) =>
    tf.losses.softmaxCrossEntropy(tf.oneHot(index.toInt(), shape[1]), logits),
  );
};

export const reductionCases: Readonly<Record<string, CaseMaker>> = makers;
