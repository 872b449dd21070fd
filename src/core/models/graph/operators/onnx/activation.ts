import * as tf from '@tensorflow/tfjs';
import type { NodeCall } from '../../node-call';
import type { TensorValue } from '../../value';
import { together } from '../../value';
import { TensorValue as Value } from '../../value';
import { operators, type Evaluate } from '../../operator';

const seluAlpha = 1.6732632423543772;
const seluGamma = 1.0507009873554805;

/** An op on each element alone. */
export function unary(apply: (x: tf.Tensor, call: NodeCall) => tf.Tensor): Evaluate {
  return (call) => {
    const value = call.value(0);
    return value.with(apply(value.tensor, call));
  };
}

export const activationOps = operators('differentiable', {
  Relu: unary((x) => tf.relu(x)),
  LeakyRelu: unary((x, call) => tf.leakyRelu(x, call.scalar('alpha', 0.01))),
  PRelu: prelu,
  Elu: unary((x, call) => exponential(x, call.scalar('alpha', 1), 1)),
  Celu: unary((x, call) => {
    const alpha = call.scalar('alpha', 1);
    return exponential(tf.div(x, alpha), 1, alpha);
  }),
  Selu: unary((x, call) => exponential(x, call.scalar('alpha', seluAlpha), call.scalar('gamma', seluGamma))),
  ThresholdedRelu: unary((x, call) => {
    const alpha = call.scalar('alpha', 1);
    return tf.where(tf.greater(x, alpha), x, tf.zerosLike(x));
  }),
  Sigmoid: unary((x) => tf.sigmoid(x)),
  HardSigmoid: unary((x, call) => hardSigmoid(x, call.scalar('alpha', 0.2), call.scalar('beta', 0.5))),
  HardSwish: unary((x) => tf.mul(x, hardSigmoid(x, 1 / 6, 0.5))),
  Tanh: unary((x) => tf.tanh(x)),
  Softplus: unary((x) => tf.softplus(x)),
  Softsign: unary((x) => tf.div(x, tf.add(tf.abs(x), 1))),
  Mish: unary((x) => tf.mul(x, tf.tanh(tf.softplus(x)))),
  Erf: unary((x) => tf.erf(x)),
  Gelu: unary((x, call) => {
    const inner =
      call.text('approximate', 'none') === 'tanh'
        ? tf.tanh(tf.mul(tf.add(x, tf.mul(tf.pow(x, 3), 0.044715)), Math.sqrt(2 / Math.PI)))
        : tf.erf(tf.mul(x, Math.SQRT1_2));
    return tf.mul(tf.mul(x, 0.5), tf.add(inner, 1));
  }),
  Clip: clip,
  Softmax: (call) => softmax(call, (x) => tf.softmax(x)),
  LogSoftmax: (call) => softmax(call, (x) => tf.logSoftmax(x)),
});

/** Flat at its ends, as PyTorch has it. */
function hardSigmoid(x: tf.Tensor, alpha: number, beta: number): tf.Tensor {
  return tf.div(tf.relu6(tf.add(tf.mul(x, 6 * alpha), 6 * beta)), 6);
}

/** gamma x above zero, gamma alpha (e^x - 1) below. */
function exponential(x: tf.Tensor, alpha: number, gamma: number): tf.Tensor {
  const y =
    alpha === 1 ? tf.elu(x) : tf.add(tf.relu(x), tf.mul(tf.expm1(tf.clipByValue(x, -Infinity, 0)), alpha));
  return gamma === 1 ? y : tf.mul(y, gamma);
}

function prelu(call: NodeCall): TensorValue {
  const { tensors, channelsLast } = together([call.value(0), call.value(1)]);
  const [x, slope] = tensors;
  if (!x || !slope) throw call.damaged('it needs two inputs');
  return new Value(tf.prelu(x, slope), channelsLast);
}

/**
 * Slope 1 at the bounds themselves: pixels of 0 and 1 lie on those of a Clip to [0, 1]. As ReLU6, which exporters write as
 * a Clip, 0 at both.
 */
function clip(call: NodeCall): TensorValue {
  const value = call.value(0);
  const bound = (index: number, name: string, fallback: number): number =>
    call.number(index, name) ?? fallback;
  const low = bound(1, 'min', -Infinity);
  const high = bound(2, 'max', Infinity);
  if (Number.isNaN(low) || Number.isNaN(high)) throw call.damaged('a bound is not a number');
  const { tensor } = value;
  if (low === 0 && high === 6) return value.with(tf.relu6(tensor));
  // With crossed bounds everything is the upper one; NaN stays.
  if (low > high) return value.with(tf.minimum(tf.maximum(tensor, low), high));
  return value.with(tf.clipByValue(tensor, low, high));
}

/** Along one axis from opset 13 on; before, along everything from that axis on, taken as one. */
function softmax(call: NodeCall, apply: (x: tf.Tensor) => tf.Tensor): TensorValue {
  const value = call.value(0);
  const { rank } = value;
  if (rank === 0) throw call.damaged('it needs an axis');
  if (call.opset < 13) {
    const given = call.integer('axis', 1);
    const axis = given === rank ? rank : call.axis(given, rank);
    const plain = value.plain();
    if (axis < rank - 1) {
      const rows = plain.shape.slice(0, axis).reduce((size, dimension) => size * dimension, 1);
      const flat = apply(tf.reshape(plain, [rows, plain.size / rows]));
      return new Value(tf.reshape(flat, plain.shape));
    }
    return new Value(apply(plain));
  }
  const axis = value.storedAxis(call.axis(call.integer('axis', -1), rank));
  if (axis === rank - 1) return value.with(apply(value.tensor));
  const swap = value.tensor.shape.map((_, i) => (i === axis ? rank - 1 : i === rank - 1 ? axis : i));
  return value.with(tf.transpose(apply(tf.transpose(value.tensor, swap)), swap));
}
