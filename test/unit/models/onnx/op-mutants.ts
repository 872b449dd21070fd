import * as tf from '@tensorflow/tfjs';
import { NodeCall } from '../../../../src/core/models/graph/node-call';
import type { Evaluate } from '../../../../src/core/models/graph/operator';
import { operatorOf } from '../../../../src/core/models/graph/operators';
import { isTensorValue, TensorValue } from '../../../../src/core/models/graph/value';

/** The values of `f`, and a gradient that is not its own. */
function withGradient(
  x: tf.Tensor,
  f: (x: tf.Tensor) => tf.Tensor,
  gradient: (dy: tf.Tensor) => tf.Tensor,
): tf.Tensor {
  const wrong = tf.customGrad(() => ({
    value: f(x),
    gradFunc: (dy) => gradient(dy instanceof tf.Tensor ? dy : x),
  }));
  return wrong(x);
}

/** Ops with the right values and a wrong gradient: what the checks of ops have to notice. */
export const mutants: Readonly<Record<string, Evaluate>> = {
  /** Not flat. */
  ArgMax: (call) => {
    const x = call.plain(0);
    const axis = call.axis(call.integer('axis', 0), x.rank);
    const keep = call.integer('keepdims', 1) === 1;
    const place = (y: tf.Tensor): tf.Tensor => {
      const found = tf.argMax(y, axis);
      return keep ? tf.expandDims(found, axis) : found;
    };
    return new TensorValue(withGradient(x, place, () => tf.onesLike(x)));
  },
  /** Lets the gradient through, as if nothing were rounded. */
  CastLike: (call) => {
    const value = call.value(0);
    const { dtype } = call.value(1).tensor;
    return value.with(
      withGradient(
        value.tensor,
        (x) => tf.cast(x, dtype),
        (dy) => tf.clone(dy),
      ),
    );
  },
  /** Takes mean and variance for constants. */
  BatchNormalization: (call) => {
    const inputs = call.inputs.map((input, index) => {
      if (index < 3 || !input || !isTensorValue(input)) return input;
      return input.with(withGradient(input.tensor, tf.clone, (dy) => tf.zerosLike(dy)));
    });
    const operator = operatorOf(call.context.graph, call.node);
    if (!operator) throw new RangeError(call.node.op);
    return operator.evaluate(new NodeCall(call.node, call.context, inputs, call.ofImages));
  },
};
