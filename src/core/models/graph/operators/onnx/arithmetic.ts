import * as tf from '@tensorflow/tfjs';
import type { HostArray } from '../../graph';
import type { NodeCall } from '../../node-call';
import { isTensorValue, TensorValue, together } from '../../value';
import { unary } from './activation';
import { operators, type Evaluate } from '../../operator';

/** Two inputs, broadcast against each other. */
function binary(apply: (a: tf.Tensor, b: tf.Tensor, call: NodeCall) => tf.Tensor): Evaluate {
  return (call) => combine(call, [call.value(0), call.value(1)], (a, b) => apply(a, b, call));
}

/** Any number of inputs, combined from the left. */
function variadic(apply: (a: tf.Tensor, b: tf.Tensor) => tf.Tensor): (call: NodeCall) => TensorValue {
  return (call) =>
    combine(
      call,
      call.inputs.map((_, index) => call.value(index)),
      apply,
    );
}

function combine(
  call: NodeCall,
  values: readonly TensorValue[],
  apply: (a: tf.Tensor, b: tf.Tensor) => tf.Tensor,
): TensorValue {
  call.reserve(broadcastShape(call, values));
  const { tensors, channelsLast } = together(values);
  const [first, ...others] = tensors;
  if (!first) throw call.damaged('it has no inputs');
  return new TensorValue(others.reduce(apply, first), channelsLast);
}

function broadcastShape(call: NodeCall, values: readonly TensorValue[]): number[] {
  const rank = Math.max(0, ...values.map((value) => value.rank));
  return Array.from({ length: rank }, (_, axis) => {
    const sizes = values.map((value) => value.shape[axis - rank + value.rank] ?? 1);
    const wide = sizes.filter((size) => size !== 1);
    if (new Set(wide).size > 1) {
      throw call.damaged(
        `the shapes ${values.map(({ shape }) => `[${shape.join(', ')}]`).join(' and ')} do not fit`,
      );
    }
    return wide[0] ?? 1;
  });
}

const sum = variadic((a, b) => tf.add(a, b));

export const arithmeticOps = {
  ...operators('zero', {
    Sign: unary((x) => tf.sign(x)),
    Floor: unary((x) => (x.dtype === 'int32' ? x : tf.floor(x))),
    Ceil: unary((x) => (x.dtype === 'int32' ? x : tf.ceil(x))),
    Round: unary((x) => tf.round(x)),
    Equal: binary((a, b) => tf.equal(a, b)),
    Greater: binary((a, b) => tf.greater(a, b)),
    GreaterOrEqual: binary((a, b) => tf.greaterEqual(a, b)),
    Less: binary((a, b) => tf.less(a, b)),
    LessOrEqual: binary((a, b) => tf.lessEqual(a, b)),
    And: binary((a, b) => tf.logicalAnd(a, b)),
    Or: binary((a, b) => tf.logicalOr(a, b)),
    Not: unary((x) => tf.logicalNot(x)),
  }),
  ...operators('differentiable', {
    Add: binary((a, b) => tf.add(a, b)),
    Sub: binary((a, b) => tf.sub(a, b)),
    Mul: binary((a, b) => tf.mul(a, b)),
    Div: binary(divide),
    Mod: binary((a, b, call) => {
      if (call.integer('fmod', 0) === 0) return tf.mod(a, b);
      const quotient = a.dtype === 'int32' ? divide(a, b) : truncated(tf.div(a, b));
      return tf.sub(a, tf.mul(quotient, b));
    }),
    Pow: power,
    Max: variadic((a, b) => tf.maximum(a, b)),
    Min: variadic((a, b) => tf.minimum(a, b)),
    Sum: sum,
    Mean: (call) => {
      const total = sum(call);
      return total.with(tf.div(total.tensor, call.inputs.length));
    },
    Neg: unary((x) => tf.neg(x)),
    Abs: unary((x) => tf.abs(x)),
    Sqrt: unary((x) => tf.sqrt(x)),
    Reciprocal: unary((x) => tf.div(1, x)),
    Exp: unary((x) => tf.exp(x)),
    Log: unary((x) => tf.log(x)),
    Sin: unary((x) => tf.sin(x)),
    Cos: unary((x) => tf.cos(x)),
    Where: (call) => {
      const values = [call.value(0), call.value(1), call.value(2)];
      const shape = broadcastShape(call, values);
      call.reserve(shape);
      const { tensors, channelsLast } = together(values);
      const [condition, a, b] = tensors;
      if (!condition || !a || !b) throw call.damaged('it needs three inputs');
      return new TensorValue(tf.where(tf.cast(condition, 'bool'), a, b), channelsLast);
    },
  }),
};

/** Integers are divided towards zero, as ONNX does; TF.js rounds down. */
function divide(a: tf.Tensor, b: tf.Tensor): tf.Tensor {
  if (a.dtype !== 'int32' || b.dtype !== 'int32') return tf.div(a, b);
  return tf.cast(truncated(tf.div(tf.cast(a, 'float32'), tf.cast(b, 'float32'))), 'int32');
}

function truncated(x: tf.Tensor): tf.Tensor {
  return tf.mul(tf.sign(x), tf.floor(tf.abs(x)));
}

/** Squares and roots by name: their gradients are finite where that of a power is not. */
function power(call: NodeCall): TensorValue {
  const exponent = call.inputs[1];
  const value = call.value(0);
  const known = exponent && !isTensorValue(exponent) ? single(exponent) : undefined;
  if (!exponent || exponent.shape.length > value.rank) return combine(call, [value, call.value(1)], tf.pow);
  if (known === 1) return value;
  if (known === 2) return value.with(tf.square(value.tensor));
  if (known === 0.5) return value.with(tf.sqrt(value.tensor));
  return combine(call, [value, call.value(1)], (a, b) => tf.pow(a, b));
}

function single({ data }: HostArray): number | undefined {
  return data.length === 1 ? data[0] : undefined;
}
