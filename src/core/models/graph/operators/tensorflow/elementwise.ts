import * as tf from '@tensorflow/tfjs';
import type { NodeCall } from '../../node-call';
import { operators, type Evaluate } from '../../operator';
import { number } from './arguments';

const unary =
  (op: (x: tf.Tensor) => tf.Tensor): Evaluate =>
  (call) =>
    op(call.plain(0));
const binary =
  (op: (a: tf.Tensor, b: tf.Tensor) => tf.Tensor): Evaluate =>
  (call) =>
    op(call.plain(0), call.plain(1));

/** Those that ONNX has as well are named in index.ts. */
export const elementwiseOps = {
  ...operators('differentiable', {
    Relu6: unary(tf.relu6),
    Selu: unary(tf.selu),
    LeakyRelu: (call) => tf.leakyRelu(call.plain(0), call.scalar('alpha', 0.2)),
    Prelu: binary(tf.prelu),
    ClipByValue: (call) =>
      tf.clipByValue(call.plain(0), number(call, 1, 'minimum'), number(call, 2, 'maximum')),
    Expm1: unary(tf.expm1),
    Log1p: unary(tf.log1p),
    Reciprocal: unary(tf.reciprocal),
    Inv: unary(tf.reciprocal),
    Rsqrt: unary(tf.rsqrt),
    Square: unary(tf.square),
    Cast: cast,
    DivNoNan: binary(tf.divNoNan),
    SquaredDifference: binary(tf.squaredDifference),
  }),
  ...operators('zero', {
    FloorDiv: binary(tf.floorDiv),
    NotEqual: binary(tf.notEqual),
    StopGradient: unary((x) =>
      tf.customGrad(() => ({ value: tf.clone(x), gradFunc: () => tf.zerosLike(x) }))(x),
    ),
    ZerosLike: unary(tf.zerosLike),
    OnesLike: unary(tf.onesLike),
  }),
};

function cast(call: NodeCall): tf.Tensor {
  const to = call.text('DstT', 'float32');
  if (to === 'float32' || to === 'int32' || to === 'bool') return tf.cast(call.plain(0), to);
  throw call.unsupported(`to the type ${to}`);
}
