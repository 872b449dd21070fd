import type * as tf from '@tensorflow/tfjs';
import type { Trace } from '../tracing/trace';
import type { Value } from '../tracing/value';
import { binary, castTo, stepOf, stepOfRelu } from './arithmetic';
import { withActivation } from './channel-affine';
import { elementwise, unary } from './elementwise';
import { expm1, log1p } from './near-zero';
import { lower } from './lower';

/** ReLU; a blocked convolution whose output nobody has read takes it over. */
export function relu(t: Trace, x: Value): Value {
  if (x.relu) return x.relu;
  const result =
    withActivation(t, x) ?? unary(t, x, (name) => t.graph.node('Relu', [name]), { keepsFinite: true });
  result.isRelu = true;
  x.relu = result;
  return result;
}

/** x where positive, alpha * x elsewhere. */
export function prelu(t: Trace, x: Value, alpha: Value): Value {
  return elementwise(t, [x, alpha], {
    dtype: 'float32',
    keepsFinite: true,
    emit: ([name = '', slope = '']) => {
      const zero = t.graph.scalar(0);
      const below = t.graph.node('Mul', [t.graph.node('Min', [name, zero]), slope]);
      return t.graph.node('Add', [t.graph.node('Max', [name, zero]), below]);
    },
  });
}

export function registerUnary(): void {
  const simple: readonly [kernel: string, op: string, keepsFinite: boolean][] = [
    ['Neg', 'Neg', true],
    ['Abs', 'Abs', true],
    ['Exp', 'Exp', false],
    ['Log', 'Log', false],
    ['Sqrt', 'Sqrt', false],
    ['Reciprocal', 'Reciprocal', false],
    ['Sigmoid', 'Sigmoid', true],
    ['Tanh', 'Tanh', true],
    ['Softplus', 'Softplus', true],
    ['Erf', 'Erf', true],
    ['Floor', 'Floor', true],
    ['Ceil', 'Ceil', true],
    ['Round', 'Round', true],
    ['Sin', 'Sin', true],
    ['Cos', 'Cos', true],
    ['Tan', 'Tan', false],
    ['Asin', 'Asin', false],
    ['Acos', 'Acos', false],
    ['Atan', 'Atan', true],
    ['Sinh', 'Sinh', false],
    ['Cosh', 'Cosh', false],
    ['Asinh', 'Asinh', true],
    ['Acosh', 'Acosh', false],
    ['Atanh', 'Atanh', false],
    ['IsNan', 'IsNaN', true],
    ['IsInf', 'IsInf', true],
  ];
  for (const [kernel, op, keepsFinite] of simple) {
    const truth = op.startsWith('Is');
    lower(kernel, ['x'], (t, { x }) =>
      unary(t, x, (name) => t.graph.node(op, [name]), { keepsFinite, ...(truth ? { dtype: 'bool' } : {}) }),
    );
  }
  const through = (kernel: string, keepsFinite: boolean, emit: (t: Trace, name: string) => string): void => {
    lower(kernel, ['x'], (t, { x }) => unary(t, x, (name) => emit(t, name), { keepsFinite }));
  };
  // The WebGPU provider has no Sign: it would come back to the CPU in every step of an attack.
  lower('Sign', ['x'], (t, { x }) =>
    unary(
      t,
      x,
      (name) => {
        if (t.target.provider !== 'webgpu' || x.dtype !== 'float32') return t.graph.node('Sign', [name]);
        const zero = t.graph.scalar(0);
        const positive = t.cast(t.graph.node('Greater', [name, zero]), 'float32');
        return t.graph.node('Sub', [positive, t.cast(t.graph.node('Less', [name, zero]), 'float32')]);
      },
      { keepsFinite: true },
    ),
  );
  through('Rsqrt', false, (t, name) => t.graph.node('Reciprocal', [t.graph.node('Sqrt', [name])]));
  through('Square', true, (t, name) => t.graph.node('Mul', [name, name]));
  through('Expm1', false, expm1);
  through('Log1p', false, log1p);
  through('Relu6', true, (t, name) => t.graph.node('Clip', [name, t.graph.scalar(0), t.graph.scalar(6)]));
  through('Elu', true, (t, name) => t.graph.node('Elu', [name], { alpha: { float: 1 } }));
  through('Selu', true, (t, name) =>
    t.graph.node('Selu', [name], {
      alpha: { float: 1.7580993408473768 / 1.0507009873554805 },
      gamma: { float: 1.0507009873554805 },
    }),
  );

  lower('IsFinite', ['x'], (t, { x }) =>
    unary(
      t,
      x,
      (name) => {
        const either = t.graph.node('Or', [t.graph.node('IsNaN', [name]), t.graph.node('IsInf', [name])]);
        return t.graph.node('Not', [either]);
      },
      { dtype: 'bool', keepsFinite: true },
    ),
  );
  lower('Relu', ['x'], (t, { x }) => relu(t, x));
  lower<'x', tf.LeakyReluAttrs>('LeakyRelu', ['x'], (t, { x }, { alpha }) =>
    unary(t, x, (name) => t.graph.node('LeakyRelu', [name], { alpha: { float: alpha } }), {
      keepsFinite: true,
    }),
  );
  lower('Prelu', ['x', 'alpha'], (t, { x, alpha }) => prelu(t, x, alpha));
  lower<'x', tf.StepAttrs>('Step', ['x'], (t, { x }, { alpha }) => {
    // The sign of the ReLU output is as good, and the ReLU input need not be kept.
    const source = x.relu ?? x;
    if (!alpha) {
      const emit = (name: string): string => (x.relu ? stepOfRelu(t, name) : stepOf(t, name));
      const step = unary(t, source, emit, { dtype: 'float32', keepsFinite: true });
      step.stepOf = x.relu;
      return step;
    }
    const above = unary(t, x, (name) => stepOf(t, name), { dtype: 'float32', keepsFinite: true });
    const slope = binary(t, 'Mul', above, t.filled(1 - alpha, []));
    return binary(t, 'Add', slope, t.filled(alpha, []));
  });
  lower('EluGrad', ['dy', 'y'], (t, { dy, y }) => {
    // y >= 0: dy; else dy * (y + 1), which is dy * (min(y, 0) + 1) for both.
    const slope = binary(t, 'Add', binary(t, 'Min', y, t.filled(0, [])), t.filled(1, []));
    return binary(t, 'Mul', dy, slope);
  });
  lower<'x', tf.ClipByValueAttrs>('ClipByValue', ['x'], (t, { x }, { clipValueMin, clipValueMax }) => {
    const clipped = unary(
      t,
      castTo(t, x, 'float32'),
      (name) => t.graph.node('Clip', [name, t.graph.scalar(clipValueMin), t.graph.scalar(clipValueMax)]),
      { keepsFinite: true },
    );
    return castTo(t, clipped, x.dtype);
  });
}
