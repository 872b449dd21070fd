import type * as tf from '@tensorflow/tfjs';
import { sizeOf } from '../arrays/nd-array';
import type { Trace } from '../tracing/trace';
import type { Value } from '../tracing/value';
import { binary, castTo } from './arithmetic';
import { elementwise } from './elementwise';
import { constantValue } from '../tracing/trace-backend';
import { lower } from './lower';

export function registerCreation(): void {
  lower<never, tf.FillAttrs>('Fill', [], (t, _, { shape, value, dtype }) => {
    if (typeof value !== 'number') throw t.unsupported('a fill with text');
    if (dtype !== 'float32' && dtype !== 'int32' && dtype !== 'bool') throw t.unsupported(`a ${dtype} fill`);
    return t.filled(value, shape, dtype);
  });
  lower('ZerosLike', ['x'], (t, { x }) => t.filled(0, x.shape, x.dtype));
  lower('OnesLike', ['x'], (t, { x }) => t.filled(1, x.shape, x.dtype));
  lower<never, tf.RangeAttrs>('Range', [], (_, __, { start, stop, step, dtype }) => {
    const count = Math.max(0, Math.ceil((stop - start) / step));
    const values = Float64Array.from({ length: count }, (___, i) => start + i * step);
    return constantValue(values, [count], dtype);
  });
  lower<never, tf.LinSpaceAttrs>('LinSpace', [], (_, __, { start, stop, num }) => {
    const step = num > 1 ? (stop - start) / (num - 1) : 0;
    return constantValue(
      Float64Array.from({ length: num }, (___, i) => start + i * step),
      [num],
      'float32',
    );
  });
  lower('Diag', ['x'], (t, { x }) => {
    const size = sizeOf(x.shape);
    const identity = Uint8Array.from({ length: size * size }, (_, i) => Number(i % (size + 1) === 0));
    const inputs = [
      t.plain(constantValue(identity, [size, size], 'bool')),
      t.plain(t.reshaped(x, [size, 1])),
      t.graph.scalar(0, x.dtype),
    ];
    const square = t.plainValue(t.graph.node('Where', inputs), [size, size], x.dtype);
    return t.reshaped(square, [...x.shape, ...x.shape]);
  });
  lower<'indices', tf.OneHotAttrs>(
    'OneHot',
    ['indices'],
    (t, { indices }, { depth, onValue, offValue, dtype }) => {
      const hot = oneHot(t, indices, depth);
      const scaled = binary(t, 'Mul', hot, t.filled(onValue - offValue, []));
      const value = binary(t, 'Add', scaled, t.filled(offValue, []));
      return dtype === 'int32' || dtype === 'bool' ? castTo(t, value, dtype) : value;
    },
  );
}

/** 1 where the last axis equals the index, as float32 [..., depth]. */
export function oneHot(t: Trace, indices: Value, depth: number): Value {
  const classes = constantValue(
    Int32Array.from({ length: depth }, (_, i) => i),
    [depth],
    'int32',
  );
  const equal = elementwise(t, [t.reshaped(castTo(t, indices, 'int32'), [...indices.shape, 1]), classes], {
    dtype: 'bool',
    keepsFinite: true,
    emit: (names) => t.graph.node('Equal', names),
  });
  return castTo(t, equal, 'float32');
}
