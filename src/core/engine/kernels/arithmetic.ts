import type * as tf from '@tensorflow/tfjs';
import type { DType } from '../arrays/nd-array';
import { isAsWritten } from '../tracing/as-written';
import type { Trace } from '../tracing/trace';
import type { Value } from '../tracing/value';
import { sameShape } from '../tracing/value';
import { broadcastShape, elementwise, unary } from './elementwise';
import { addChannels, scaleChannels } from './channel-affine';
import { lower, lowerMany } from './lower';

type Fold = (a: number, b: number) => number;

const folds: Partial<Record<string, Fold>> = {
  Add: (a, b) => a + b,
  Sub: (a, b) => a - b,
  Mul: (a, b) => a * b,
  Div: (a, b) => a / b,
  Max: Math.max,
  Min: Math.min,
};

const keepsFinite = new Set(['Add', 'Sub', 'Mul', 'Max', 'Min']);

/** Both names at the shape that they broadcast to, in any layout: the WebGPU provider's Pow fails for most broadcasts. */
function expanded(t: Trace, [a = '', b = '']: readonly string[]): string[] {
  const at = (name: string, other: string): string =>
    t.graph.node('Where', [t.graph.node('Equal', [other, other]), name, name]);
  return [at(a, b), at(b, a)];
}

/** Emits a binary arithmetic op: folds constants and neutral elements, keeps layouts and lazy broadcasts. */
export function binary(t: Trace, op: string, a: Value, b: Value): Value {
  const shape = broadcastShape([a.shape, b.shape]);
  const dtype = a.dtype === b.dtype ? a.dtype : 'float32';
  const fold = folds[op];
  if (fold && dtype === 'float32' && a.fill !== undefined && b.fill !== undefined) {
    return t.filled(Math.fround(fold(a.fill, b.fill)), shape, dtype);
  }
  if (op === 'Mul' && b.fill === 1) return t.broadcast(a, shape);
  if (op === 'Mul' && a.fill === 1) return t.broadcast(b, shape);
  if (op === 'Mul' && (a.fill === 0 || b.fill === 0) && (dtype !== 'float32' || !isAsWritten())) {
    return t.filled(0, shape, dtype);
  }
  if (op === 'Div' && b.fill === 1) return t.broadcast(a, shape);
  if ((op === 'Add' || op === 'Sub') && b.fill === 0) return t.broadcast(a, shape);
  if (op === 'Add' && a.fill === 0) return t.broadcast(b, shape);
  // A gradient that already is zero where a ReLU is needs no second mask.
  if (op === 'Mul' && b.stepOf && a.maskedBy === b.stepOf) return a;
  if (op === 'Mul' && a.stepOf && b.maskedBy === a.stepOf) return b;
  const channels =
    op === 'Add'
      ? (addChannels(t, a, b) ?? addChannels(t, b, a))
      : op === 'Mul'
        ? (scaleChannels(t, a, b) ?? scaleChannels(t, b, a))
        : undefined;
  if (channels) return channels;
  const result = elementwise(t, [a, b], {
    dtype,
    keepsFinite: keepsFinite.has(op),
    emit: (names, same) => {
      const unbroadcast = op === 'Pow' && !same && t.target.provider === 'webgpu';
      return t.graph.node(op, unbroadcast ? expanded(t, names) : names, {}, { sameShape: same });
    },
  });
  if (op === 'Mul') {
    const masked = [a, b].find((input) => input.maskedBy && sameShape(input.shape, shape));
    result.maskedBy = masked?.maskedBy;
  }
  return result;
}

/** The angle of (b, a), by quadrant. */
function arcTangent(t: Trace, a: Value, b: Value): Value {
  return elementwise(t, [a, b], {
    dtype: 'float32',
    keepsFinite: false,
    emit: ([y = '', x = '']) => {
      const node = (op: string, ...inputs: string[]): string => t.graph.node(op, inputs);
      const zero = t.graph.scalar(0);
      const half = node('Mul', node('Sign', y), t.graph.scalar(Math.PI / 2));
      const behind = node('Where', node('Less', y, zero), t.graph.scalar(-Math.PI), t.graph.scalar(Math.PI));
      const angle = node('Atan', node('Div', y, x));
      const turned = node('Add', angle, node('Where', node('Less', x, zero), behind, zero));
      return node('Where', node('Equal', x, zero), half, turned);
    },
  });
}

function compare(t: Trace, op: string, a: Value, b: Value): Value {
  return elementwise(t, [a, b], {
    dtype: 'bool',
    keepsFinite: true,
    emit: (names) => t.graph.node(op, names),
  });
}

/** 1 where `name` is above zero, else 0. */
export function stepOf(t: Trace, name: string): string {
  return t.cast(t.graph.node('Greater', [name, t.graph.scalar(0)]), 'float32');
}

/** The same of a ReLU's output, in one pass: HardSigmoid with a huge slope is the step function. */
export function stepOfRelu(t: Trace, name: string): string {
  return t.graph.node('HardSigmoid', [name], { alpha: { float: 3e38 }, beta: { float: 0 } });
}

export function castTo(t: Trace, x: Value, dtype: DType): Value {
  if (x.dtype === dtype) return x;
  if (x.fill !== undefined) {
    const fill = dtype === 'bool' ? Number(x.fill !== 0) : dtype === 'int32' ? Math.trunc(x.fill) : x.fill;
    return t.filled(fill, x.shape, dtype);
  }
  return unary(t, x, (name) => t.cast(name, dtype), { dtype, keepsFinite: true });
}

export function registerArithmetic(): void {
  const arithmetic = {
    Add: 'Add',
    Sub: 'Sub',
    Multiply: 'Mul',
    RealDiv: 'Div',
    Maximum: 'Max',
    Minimum: 'Min',
    Pow: 'Pow',
  };
  for (const [kernel, op] of Object.entries(arithmetic)) {
    lower(kernel, ['a', 'b'], (t, { a, b }) => binary(t, op, a, b));
  }
  lower('Atan2', ['a', 'b'], (t, { a, b }) => arcTangent(t, a, b));
  lower('SquaredDifference', ['a', 'b'], (t, { a, b }) => {
    const difference = binary(t, 'Sub', a, b);
    return binary(t, 'Mul', difference, difference);
  });
  lower('FloorDiv', ['a', 'b'], (t, { a, b }) => {
    const quotient = binary(t, 'Div', castTo(t, a, 'float32'), castTo(t, b, 'float32'));
    return castTo(
      t,
      unary(t, quotient, (name) => t.graph.node('Floor', [name])),
      a.dtype,
    );
  });
  lower('Mod', ['a', 'b'], (t, { a, b }) => {
    // TF.js: the result has the sign of the divisor.
    const [x, y] = [castTo(t, a, 'float32'), castTo(t, b, 'float32')];
    const floor = unary(t, binary(t, 'Div', x, y), (name) => t.graph.node('Floor', [name]));
    return castTo(t, binary(t, 'Sub', x, binary(t, 'Mul', floor, y)), a.dtype);
  });
  lowerMany('AddN', (t, inputs) => {
    const values = Object.values(inputs).filter((value) => value !== undefined);
    return values.slice(1).reduce((sum, value) => binary(t, 'Add', sum, value), values[0] ?? t.filled(0, []));
  });

  const comparisons = {
    Equal: 'Equal',
    Greater: 'Greater',
    GreaterEqual: 'GreaterOrEqual',
    Less: 'Less',
    LessEqual: 'LessOrEqual',
    LogicalAnd: 'And',
    LogicalOr: 'Or',
  };
  for (const [kernel, op] of Object.entries(comparisons)) {
    lower(kernel, ['a', 'b'], (t, { a, b }) => {
      // ORT orders float32 and int32 only.
      const ordered = op !== 'Equal' && op !== 'And' && op !== 'Or' && a.dtype === 'bool';
      return ordered ? compare(t, op, castTo(t, a, 'int32'), castTo(t, b, 'int32')) : compare(t, op, a, b);
    });
  }
  const not = (t: Trace, x: Value): Value =>
    unary(t, x, (name) => t.graph.node('Not', [name]), { keepsFinite: true });
  lower('NotEqual', ['a', 'b'], (t, { a, b }) => not(t, compare(t, 'Equal', a, b)));
  lower('LogicalNot', ['x'], (t, { x }) => not(t, x));
  lower<'x', tf.CastAttrs>('Cast', ['x'], (t, { x }, { dtype }) => {
    if (dtype !== 'float32' && dtype !== 'int32' && dtype !== 'bool') {
      throw t.unsupported(`a cast to ${dtype}`);
    }
    return castTo(t, x, dtype);
  });
  lower('Identity', ['x'], (_, { x }) => x);
  lower('Select', ['condition', 't', 'e'], (t, { condition, t: yes, e: no }) => {
    // TF.js lets a vector choose whole rows.
    const shape =
      condition.shape.length < yes.shape.length
        ? [...condition.shape, ...yes.shape.slice(condition.shape.length).map(() => 1)]
        : condition.shape;
    const chosen = t.reshaped(condition, shape);
    const { dtype } = yes;
    const [a, b] = dtype === 'bool' ? [castTo(t, yes, 'int32'), castTo(t, no, 'int32')] : [yes, no];
    const result = elementwise(t, [chosen, a, b], {
      dtype: a.dtype,
      keepsFinite: true,
      emit: (names) => t.graph.node('Where', names),
    });
    return castTo(t, result, dtype);
  });
}
