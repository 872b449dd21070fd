import * as tf from '@tensorflow/tfjs';
import type { NodeCall } from '../../node-call';
import { operators, type Evaluate } from '../../operator';
import { integers, number } from './arguments';

type Reduce = (x: tf.Tensor, axes: number[], keepDims: boolean) => tf.Tensor;

/** No axes at all: nothing is reduced, where TF.js would reduce everything. */
const reduction =
  (reduce: Reduce): Evaluate =>
  (call) => {
    const x = call.plain(0);
    const axes = call.has(1) ? integers(call, 1, 'axes', -8, 7) : x.shape.map((_, axis) => axis);
    return axes.length === 0 ? x : reduce(x, axes, call.flag('keep_dims'));
  };

const placeAxis = (call: NodeCall): number => (call.has(1) ? number(call, 1, 'axis') : 0);

export const reductionOps = {
  ...operators('differentiable', {
    Mean: reduction(tf.mean),
    Sum: reduction(tf.sum),
    Max: reduction(tf.max),
    Min: reduction(tf.min),
    Prod: reduction(tf.prod),
  }),
  ...operators('zero', {
    All: reduction(tf.all),
    Any: reduction(tf.any),
    ArgMax: (call) => tf.argMax(call.plain(0), placeAxis(call)),
    ArgMin: (call) => tf.argMin(call.plain(0), placeAxis(call)),
  }),
};
