import * as tf from '@tensorflow/tfjs';
import type { NodeCall } from '../../node-call';
import { TensorValue } from '../../value';
import { operators, type Evaluate } from '../../operator';

type Reduce = (x: tf.Tensor, axes: number[], keep: boolean) => tf.Tensor;

/** Over the axes of an attribute or, in newer opsets, of an input; over all where none are named. */
function reduction(reduce: Reduce): Evaluate {
  return (call) => {
    const value = call.value(0);
    const { rank } = value;
    const named = call.axes(rank);
    if (!named?.length && call.integer('noop_with_empty_axes', 0) === 1) return value;
    const axes = named?.length ? named : value.shape.map((_, axis) => axis);
    const keep = call.integer('keepdims', 1) === 1;
    if (keep)
      return value.with(
        reduce(
          value.tensor,
          axes.map((axis) => value.storedAxis(axis)),
          true,
        ),
      );
    // What is left of an image is in ONNX's order when its channels, or its rows and columns, are gone.
    const inOrder = axes.includes(1) || (axes.includes(2) && axes.includes(3));
    const source = inOrder ? value : new TensorValue(value.plain());
    return new TensorValue(
      reduce(
        source.tensor,
        axes.map((axis) => source.storedAxis(axis)),
        false,
      ),
    );
  };
}

/** Below it, float32 has no normal numbers: there the root is taken for flat, since its slope at 0 is infinite. */
const LEAST = 1.2e-38;

const norm: Reduce = (x, axes, keep) => tf.sqrt(tf.maximum(tf.sum(tf.square(x), axes, keep), LEAST));

/** As torch.logsumexp: what is infinite throughout stays so, and is not NaN. */
const logSumExp: Reduce = (x, axes, keep) => {
  const largest = tf.max(x, axes, true);
  const shift = tf.where(tf.isFinite(largest), largest, tf.zerosLike(largest));
  const sum = tf.add(tf.log(tf.sum(tf.exp(tf.sub(x, shift)), axes, true)), shift);
  return keep ? sum : tf.squeeze(sum, axes);
};

export const reductionOps = {
  ...operators('differentiable', {
    ReduceMean: reduction((x, axes, keep) => tf.mean(x, axes, keep)),
    ReduceSum: reduction((x, axes, keep) => tf.sum(x, axes, keep)),
    ReduceMax: reduction((x, axes, keep) => tf.max(x, axes, keep)),
    ReduceMin: reduction((x, axes, keep) => tf.min(x, axes, keep)),
    ReduceProd: reduction((x, axes, keep) => tf.prod(x, axes, keep)),
    ReduceL1: reduction((x, axes, keep) => tf.sum(tf.abs(x), axes, keep)),
    ReduceL2: reduction(norm),
    ReduceSumSquare: reduction((x, axes, keep) => tf.sum(tf.square(x), axes, keep)),
    ReduceLogSumExp: reduction(logSumExp),
  }),
  ...operators('zero', {
    ArgMax: (call: NodeCall) => {
      const value = call.value(0);
      const axis = call.axis(call.integer('axis', 0), value.rank);
      const found = tf.argMax(value.plain(), axis);
      return new TensorValue(call.integer('keepdims', 1) === 1 ? tf.expandDims(found, axis) : found);
    },
  }),
};
