import * as tf from '@tensorflow/tfjs';
import { TRACE_BACKEND } from '../../../../src/core/engine/tracing/trace-backend';
import type { Random } from '../../../../src/core/random';
import { caseOf, type CaseMaker } from './kernel-case';
import {
  between,
  booleans,
  broadcastable,
  chance,
  floats,
  given,
  imageShape,
  integers,
  lattice,
  pick,
  randomShape,
} from './operands';

type Unary = (x: tf.Tensor, random: Random) => tf.Tensor;

const unary: Record<string, Unary> = {
  neg: (x) => x.neg(),
  abs: (x) => x.abs(),
  sign: (x) => x.sign().add(x),
  exp: (x) => x.exp(),
  expm1: (x) => x.expm1(),
  'expm1 near 0': (x) => x.mul(1e-4).expm1().mul(1e4),
  log: (x) => x.abs().add(0.25).log(),
  log1p: (x) => x.abs().log1p(),
  'log1p near 0': (x) => x.mul(1e-4).log1p().mul(1e4),
  sqrt: (x) => x.abs().add(0.25).sqrt(),
  rsqrt: (x) => x.abs().add(0.25).rsqrt(),
  square: (x) => x.square(),
  reciprocal: (x) => x.abs().add(0.25).reciprocal(),
  sin: (x) => x.sin(),
  cos: (x) => x.cos(),
  tan: (x) => x.mul(0.3).tan(),
  asin: (x) => x.mul(0.25).asin(),
  acos: (x) => x.mul(0.25).acos(),
  atan: (x) => x.mul(2).atan(),
  sinh: (x) => x.sinh(),
  cosh: (x) => x.cosh(),
  tanh: (x) => x.mul(2).tanh(),
  sigmoid: (x) => x.mul(4).sigmoid(),
  softplus: (x) => x.mul(4).softplus(),
  erf: (x) => x.erf(),
  relu: (x) => x.relu(),
  'relu twice': (x) => x.relu().add(x.relu().square()),
  relu6: (x) => x.mul(4).relu6(),
  leakyRelu: (x) => x.leakyRelu(0.1),
  elu: (x) => x.elu(),
  selu: (x) => x.selu(),
  'step, slope 0.2': (x) => x.step(0.2).mul(x),
  step: (x) => x.step().mul(x),
  floor: (x) => x.mul(3).floor().add(x),
  ceil: (x) => x.mul(3).ceil().add(x),
  round: (x) => x.mul(3).round().add(x),
  clipByValue: (x) => x.clipByValue(-0.4, 0.5),
  identity: (x) => x.clone().mul(2),
  'neutral elements': (x) => x.mul(1).add(0).sub(0).div(1).add(tf.zerosLike(x)).mul(tf.onesLike(x)),
  'a cast there and back': (x) => x.mul(3).cast('int32').cast('bool').cast('float32').add(x),
};

type Binary = (a: tf.Tensor, b: tf.Tensor) => tf.Tensor;

const binary: Record<string, Binary> = {
  add: (a, b) => a.add(b),
  sub: (a, b) => a.sub(b),
  mul: (a, b) => a.mul(b),
  div: (a, b) => a.div(b.abs().add(0.5)),
  pow: (a, b) => a.abs().add(0.25).pow(b),
  mod: (a, b) => tf.mod(a, b.abs().add(0.75)),
  'mod of both signs': (a, b) =>
    tf.mod(a.mul(4), b.add(tf.where(b.greaterEqual(0), tf.onesLike(b), tf.fill(b.shape, -1)))),
  floorDiv: (a, b) => tf.floorDiv(a.mul(4), b.abs().add(0.5)).add(a.mul(b)),
  maximum: (a, b) => tf.maximum(a, b),
  minimum: (a, b) => tf.minimum(a, b),
  squaredDifference: (a, b) => tf.squaredDifference(a, b),
  prelu: (a, b) => tf.prelu(a, b),
  'x * y + x': (a, b) => a.mul(b).add(a),
  'a sum of three': (a, b) => tf.addN([a.add(b), a.add(b.mul(0)), b.add(a.mul(0))]),
};

const comparisons: Record<string, Binary> = {
  equal: tf.equal,
  notEqual: tf.notEqual,
  greater: tf.greater,
  greaterEqual: tf.greaterEqual,
  less: tf.less,
  lessEqual: tf.lessEqual,
};

const shapeOf = (random: Random): number[] =>
  chance(random) ? imageShape(random) : randomShape(random, between(random, 0, 5));

/** Two shapes that broadcast to a random one, the longer first or last. */
function pairOf(random: Random): [number[], number[]] {
  const shape = shapeOf(random);
  const other = broadcastable(random, shape);
  if (chance(random, 0.25))
    return [
      shape.map((d, i) => ((other.at(i - shape.length) ?? 1) === 1 ? d : chance(random) ? 1 : d)),
      other,
    ];
  return chance(random) ? [shape, other] : [other, shape];
}

const makers: Record<string, CaseMaker> = {};

for (const [name, f] of Object.entries(unary)) {
  makers[name] = (random) => caseOf(name, [floats(random, shapeOf(random))], (x) => f(x, random));
}
for (const [name, f] of Object.entries(binary)) {
  makers[name] = (random) => {
    const [a, b] = pairOf(random);
    return caseOf(name, [floats(random, a), floats(random, b)], (x, y) => f(x, y));
  };
  makers[`${name} of a constant`] = (random) => {
    const [a, b] = pairOf(random);
    const constant = chance(random) ? lattice(random, b) : undefined;
    const value = between(random, -2, 2) / 2;
    const other = (): tf.Tensor => (constant ? tf.tensor(constant.data, b) : tf.fill(b, value));
    const swapped = chance(random);
    // tf.add and the like broadcast a filled operand without storing it.
    return caseOf(
      `${name}${swapped ? ', swapped' : ''} with ${constant ? 'a tensor' : value} [${b.join()}]`,
      [floats(random, a)],
      (x) => (swapped ? f(other(), x) : f(x, other())),
    );
  };
}
for (const [name, f] of Object.entries(comparisons)) {
  makers[name] = (random) => {
    const [a, b] = pairOf(random);
    const kind = pick(random, ['floats', 'integers', 'booleans', 'mixed'] as const);
    const first =
      kind === 'floats'
        ? floats(random, a)
        : given(kind === 'booleans' ? booleans(random, a) : integers(random, a));
    const second =
      kind === 'integers'
        ? given(integers(random, b))
        : kind === 'booleans'
          ? given(booleans(random, b))
          : floats(random, b);
    return caseOf(`${name} of ${kind}`, [first, second], (x, y) => f(x, y), 'none');
  };
}

// ONNX Runtime's WebGPU provider fails here.
makers['pow that broadcasts the last axis'] = (random) => {
  const operands = [floats(random, [5, 1]), floats(random, [2, 5, 16])];
  return caseOf('pow', operands, (x, y) => [x.abs().add(0.25).pow(y), y.abs().add(0.25).pow(x)]);
};
makers.where = (random) => {
  const shape = shapeOf(random);
  return caseOf(
    'where',
    [given(booleans(random, shape)), floats(random, shape), floats(random, shape)],
    (c, a, b) => tf.where(c, a, b).add(a.mul(0.5)),
  );
};
makers['where of a comparison'] = (random) => {
  const [a, b] = pairOf(random);
  return caseOf(
    'where of a comparison',
    [floats(random, a), floats(random, b)],
    (x, y) => [
      tf.where(x.greater(y), x, y),
      tf.where(tf.isNaN(x.div(y.mul(0))), tf.scalar(2), x),
      tf.isInf(x.div(0)),
    ],
    'none',
  );
};
makers['where of rows'] = (random) => {
  const shape = randomShape(random, between(random, 2, 4));
  const operands = [given(booleans(random, shape.slice(0, 1))), floats(random, shape), floats(random, shape)];
  // tf.where broadcasts the condition from the right; the kernel takes one condition a row as well.
  return caseOf(
    'where of rows',
    operands,
    (condition, t, e) =>
      // TF.js's `cpu` kernel reads the wrong elements there.
      tf.getBackend() === TRACE_BACKEND
        ? tf.engine().runKernel<tf.Tensor>('Select', { condition, t, e })
        : tf.where(condition.reshape([-1, ...shape.slice(1).map(() => 1)]), t, e),
    'none',
  );
};
makers.logic = (random) => {
  const [a, b] = pairOf(random);
  return caseOf(
    'logic',
    [given(booleans(random, a)), given(booleans(random, b))],
    (x, y) => [
      tf.logicalAnd(x, y),
      tf.logicalOr(x, y),
      tf.logicalNot(x),
      tf.logicalXor(x, y),
      tf.where(tf.logicalOr(x, y), tf.logicalAnd(x, y), tf.logicalNot(tf.logicalAnd(x, y))),
    ],
    'none',
  );
};
makers['arithmetic of integers'] = (random) => {
  const [a, b] = pairOf(random);
  return caseOf(
    'arithmetic of integers',
    [given(integers(random, a)), given(integers(random, b, 1, 4))],
    (x, y) => [
      x.add(y),
      x.sub(y),
      x.mul(y),
      x.div(y),
      tf.floorDiv(x, y),
      x.mod(y),
      x.maximum(y),
      x.minimum(y),
      tf.squaredDifference(x, y),
      x.neg(),
      x.abs(),
      x.sign(),
      x.square(),
      x.relu(),
      x.clipByValue(-2, 2),
      x.toBool(),
      x.add(y.toFloat().mul(0.5)),
      x.pow(tf.scalar(2, 'int32')),
      tf.addN([x.add(y), x.sub(y)]),
    ],
    'none',
  );
};

export const elementwise: Readonly<Record<string, CaseMaker>> = makers;
