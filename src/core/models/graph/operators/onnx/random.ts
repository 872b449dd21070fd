import * as tf from '@tensorflow/tfjs';
import { drawNormal, drawUniform } from '../../../../engine/ops/noise';
import type { NodeCall } from '../../node-call';
import { TensorValue } from '../../value';
import { operators, type Evaluate } from '../../operator';

type Draw = (call: NodeCall, shape: readonly number[]) => tf.Tensor;

const normal: Draw = (call, shape) => drawNormal(shape, call.scalar('mean', 0), call.scalar('scale', 1));
const uniform: Draw = (call, shape) => drawUniform(shape, call.scalar('low', 0), call.scalar('high', 1));

/** Random numbers are drawn anew in each run, also where a node has a `seed`. */
export const randomOps = {
  ...operators(
    { gradient: 'zero', isRandom: () => true },
    {
      RandomNormal: ofShape(normal),
      RandomUniform: ofShape(uniform),
      RandomNormalLike: like(normal),
      RandomUniformLike: like(uniform),
      Bernoulli: (call) => {
        const value = call.value(0);
        return value.with(tf.cast(isBelow(value.tensor), 'float32'));
      },
    },
  ),
  // Where it is told to drop.
  ...operators(
    { gradient: 'differentiable', isRandom: ({ inputs }) => Boolean(inputs[2]) },
    { Dropout: dropout },
  ),
};

/** ONNX's numbers for float, float16, double and bfloat16: all are float32 here. */
const floats = new Set([1, 10, 11, 16]);

function assertFloat(call: NodeCall): void {
  const type = call.integer('dtype', 1);
  if (!floats.has(type)) throw call.unsupported(`of the type ${type}`);
}

function ofShape(draw: Draw): Evaluate {
  return (call) => {
    assertFloat(call);
    const given = call.integers('shape');
    if (!given) throw call.damaged('its attribute shape is missing');
    const shape = [...given];
    const { declaredBatch } = call;
    const { batch } = call.context;
    // A file that was exported for one size of batch has it in its shapes; each image has noise of its own.
    if (declaredBatch !== null && shape.length > 1 && shape[0] === declaredBatch) shape[0] = batch;
    call.reserve(shape);
    return new TensorValue(draw(call, shape));
  };
}

function like(draw: Draw): Evaluate {
  return (call) => {
    assertFloat(call);
    const input = call.inputs[0];
    // Sizes that are known ahead need not become a tensor.
    if (input && !(input instanceof TensorValue)) return new TensorValue(draw(call, input.shape));
    const value = call.value(0);
    return value.with(draw(call, value.tensor.shape));
  };
}

/** Passes its input on; in training mode it drops elements, which a randomised defence may do on purpose. */
function dropout(call: NodeCall): readonly TensorValue[] {
  const value = call.value(0);
  const ratio = call.has(1) ? (call.number(1, 'ratio') ?? 0.5) : 0.5;
  const drops = call.has(2) && call.number(2, 'training_mode') !== 0 && ratio !== 0;
  const mask = (kept: tf.Tensor): TensorValue[] => (call.node.outputs[1] ? [value.with(kept)] : []);
  if (!drops) return [value, ...mask(tf.ones(value.tensor.shape, 'bool'))];
  if (!(ratio > 0 && ratio < 1)) throw call.damaged(`its ratio is ${ratio}`);
  const kept = tf.greaterEqual(drawUniform(value.tensor.shape), ratio);
  return [value.with(tf.div(tf.mul(value.tensor, tf.cast(kept, 'float32')), 1 - ratio)), ...mask(kept)];
}

/** Where a number that was drawn from [0, 1) lies below the probability. */
function isBelow(probability: tf.Tensor): tf.Tensor {
  return tf.less(drawUniform(probability.shape), probability);
}
