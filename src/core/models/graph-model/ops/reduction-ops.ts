import * as tf from '@tensorflow/tfjs';
import { HostValue } from '../host-value';
import type { Op, OpTable } from '../op-call';

type Reduce = (x: tf.Tensor, axes: number[], keepDims: boolean) => tf.Tensor;

/** No axes at all: nothing is reduced, where TF.js would reduce everything. */
const reduction = (op: Reduce): Op => ({
  run: (call) => {
    const x = call.tensor(0);
    const axes = call.count > 1 ? call.integers(1, -8, 7) : x.shape.map((_, axis) => axis);
    const { attributes } = call;
    return axes.length === 0 ? x : op(x, axes, attributes.bool('keep_dims'));
  },
  onHost: true,
});

export const reductionOps: OpTable = {
  Mean: reduction(tf.mean),
  Sum: reduction(tf.sum),
  Max: reduction(tf.max),
  Min: reduction(tf.min),
  Prod: reduction(tf.prod),
  All: reduction(tf.all),
  Any: reduction(tf.any),
  ArgMax: { run: (call) => tf.argMax(call.tensor(0), call.count > 1 ? call.number(1) : 0) },
  ArgMin: { run: (call) => tf.argMin(call.tensor(0), call.count > 1 ? call.number(1) : 0) },
  Shape: { run: (call) => HostValue.vector([...call.value(0).shape]) },
  ShapeN: { run: (call) => call.inputs.map(({ shape }) => HostValue.vector([...shape])) },
  Rank: { run: (call) => HostValue.scalar(call.value(0).shape.length) },
  Size: { run: (call) => HostValue.scalar(call.value(0).shape.reduce((size, n) => size * n, 1)) },
};
