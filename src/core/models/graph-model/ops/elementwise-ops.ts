import * as tf from '@tensorflow/tfjs';
import type { Op, OpTable } from '../op-call';

const unary = (op: (x: tf.Tensor) => tf.Tensor, onHost = false): Op => ({
  run: (call) => op(call.tensor(0)),
  onHost,
});

const binary = (op: (a: tf.Tensor, b: tf.Tensor) => tf.Tensor): Op => ({
  run: (call) => op(call.tensor(0), call.tensor(1)),
  onHost: true,
});

export const elementwiseOps: OpTable = {
  // Activations
  Relu: unary(tf.relu),
  Relu6: unary(tf.relu6),
  Elu: unary(tf.elu),
  Selu: unary(tf.selu),
  Sigmoid: unary(tf.sigmoid),
  Tanh: unary(tf.tanh),
  Softplus: unary(tf.softplus),
  Softsign: unary((x) => tf.div(x, tf.add(tf.abs(x), 1))),
  Erf: unary(tf.erf),
  LeakyRelu: { run: (call) => tf.leakyRelu(call.tensor(0), call.attributes.float('alpha', 0.2)) },
  Prelu: { run: (call) => tf.prelu(call.tensor(0), call.tensor(1)) },
  ClipByValue: { run: (call) => tf.clipByValue(call.tensor(0), call.number(1), call.number(2)) },
  // One value
  Abs: unary(tf.abs, true),
  Ceil: unary(tf.ceil, true),
  Exp: unary(tf.exp),
  Expm1: unary(tf.expm1),
  Floor: unary(tf.floor, true),
  Log: unary(tf.log),
  Log1p: unary(tf.log1p),
  Neg: unary(tf.neg, true),
  Reciprocal: unary(tf.reciprocal),
  Inv: unary(tf.reciprocal),
  Round: unary(tf.round),
  Rsqrt: unary(tf.rsqrt),
  Sign: unary(tf.sign),
  Sqrt: unary(tf.sqrt, true),
  Square: unary(tf.square, true),
  Cos: unary(tf.cos),
  Sin: unary(tf.sin),
  StopGradient: unary(stopGradient),
  Cast: { run: (call) => tf.cast(call.tensor(0), call.attributes.dtype('DstT', 'float32')), onHost: true },
  // Two values, broadcast
  Add: binary(tf.add),
  AddV2: binary(tf.add),
  Sub: binary(tf.sub),
  Mul: binary(tf.mul),
  RealDiv: binary(tf.div),
  Div: binary(tf.div),
  DivNoNan: binary(tf.divNoNan),
  FloorDiv: binary(tf.floorDiv),
  FloorMod: binary(tf.mod),
  Mod: binary(tf.mod),
  Maximum: binary(tf.maximum),
  Minimum: binary(tf.minimum),
  Pow: binary(tf.pow),
  SquaredDifference: binary(tf.squaredDifference),
  // Conditions
  Equal: binary(tf.equal),
  NotEqual: binary(tf.notEqual),
  Greater: binary(tf.greater),
  GreaterEqual: binary(tf.greaterEqual),
  Less: binary(tf.less),
  LessEqual: binary(tf.lessEqual),
  LogicalAnd: binary(tf.logicalAnd),
  LogicalOr: binary(tf.logicalOr),
  LogicalNot: unary(tf.logicalNot, true),
  Select: { run: (call) => tf.where(call.tensor(0), call.tensor(1), call.tensor(2)), onHost: true },
  SelectV2: { run: (call) => tf.where(call.tensor(0), call.tensor(1), call.tensor(2)), onHost: true },
  AddN: {
    run: (call) => {
      const [sum, ...terms] = call.tensors();
      if (!sum) throw call.wrong('it has no inputs');
      return terms.reduce((total, term) => tf.add(total, term), sum);
    },
    onHost: true,
  },
};

function stopGradient(x: tf.Tensor): tf.Tensor {
  return tf.customGrad(() => ({ value: tf.clone(x), gradFunc: () => tf.zerosLike(x) }))(x);
}
