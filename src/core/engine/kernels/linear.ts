import * as tf from '@tensorflow/tfjs';
import type { Trace } from '../tracing/trace';
import type { Value } from '../tracing/value';
import { activate } from './activation';
import { binary, castTo } from './arithmetic';
import { oneHot } from './creation';
import { lower, lowerMany } from './lower';
import { broadcastShape } from './elementwise';

function matMul(t: Trace, a: Value, b: Value, transposeA: boolean, transposeB: boolean, bias?: Value): Value {
  const rank = Math.max(a.shape.length, b.shape.length);
  const ends = (value: Value, transpose: boolean): [number, number] => {
    const [rows = 1, columns = 1] = value.shape.slice(-2);
    return transpose ? [columns, rows] : [rows, columns];
  };
  const [rows, inner] = ends(a, transposeA);
  const [outer, columns] = ends(b, transposeB);
  // TF.js leaves this check to its backends.
  tf.util.assert(
    inner === outer,
    () =>
      `Error in matMul: inner shapes (${inner}) and (${outer}) of Tensors with shapes ${a.shape.join()} and ${b.shape.join()} must match.`,
  );
  const batch = broadcastShape([a.shape.slice(0, -2), b.shape.slice(0, -2)]);
  const shape = [...batch, rows, columns];
  if (batch.every((dimension) => dimension === 1)) {
    const flat = (value: Value): string => t.plain(t.reshaped(value, value.shape.slice(-2)));
    const inputs = [flat(a), flat(b)];
    const vector = bias?.shape.length === 1 ? t.plain(bias) : undefined;
    if (vector) inputs.push(vector);
    const name = t.graph.node('Gemm', inputs, { transA: transposeA ? 1 : 0, transB: transposeB ? 1 : 0 });
    const product = t.plainValue(rank === 2 ? name : t.reshape(name, shape), shape);
    return bias && !vector ? binary(t, 'Add', product, bias) : product;
  }
  const swap = (value: Value, transpose: boolean): string => {
    if (!transpose) return t.plain(value);
    const rank = value.shape.length;
    const perm = [...value.shape.slice(0, -2).keys(), rank - 1, rank - 2];
    return t.graph.node('Transpose', [t.plain(value)], { perm });
  };
  const name = t.graph.node('MatMul', [swap(a, transposeA), swap(b, transposeB)]);
  const product = t.plainValue(name, shape);
  return bias ? binary(t, 'Add', product, bias) : product;
}

export function registerLinear(): void {
  lower<'a' | 'b', tf.BatchMatMulAttrs>(
    'BatchMatMul',
    ['a', 'b'],
    (t, { a, b }, { transposeA, transposeB }) => matMul(t, a, b, transposeA, transposeB),
  );
  lowerMany<tf._FusedMatMulAttrs>('_FusedMatMul', (t, { a, b, bias, preluActivationWeights }, attributes) => {
    if (!a || !b) throw t.unsupported('a fused product without factors');
    const { transposeA, transposeB, activation, leakyreluAlpha } = attributes;
    const product = matMul(t, a, b, transposeA, transposeB, bias);
    return activate(t, product, activation, { alpha: leakyreluAlpha, weights: preluActivationWeights });
  });
  lowerMany<tf.EinsumAttrs>('Einsum', (t, inputs, { equation }) => {
    const operands = Object.values(inputs).filter((value) => value !== undefined);
    const [terms = '', output = ''] = equation.replace(/\s/g, '').split('->');
    const sizes = new Map<string, number>();
    terms.split(',').forEach((term, i) => {
      Array.from(term).forEach((label, axis) => sizes.set(label, operands[i]?.shape[axis] ?? 1));
    });
    const names = operands.map((operand) => t.plain(operand));
    const name = t.graph.node('Einsum', names, { equation: `${terms}->${output}` });
    return t.plainValue(
      name,
      Array.from(output, (label) => sizes.get(label) ?? 1),
    );
  });
  lower<'x' | 'segmentIds', tf.UnsortedSegmentSumAttrs>(
    'UnsortedSegmentSum',
    ['x', 'segmentIds'],
    (t, { x, segmentIds }, { numSegments }) => {
      const [rows = 1, ...rest] = x.shape;
      const hot = oneHot(t, segmentIds, numSegments);
      const flat = t.reshaped(castTo(t, x, 'float32'), [rows, tf.util.sizeFromShape(rest)]);
      const sums = matMul(t, hot, flat, true, false);
      return castTo(t, t.reshaped(sums, [numSegments, ...rest]), x.dtype);
    },
  );
}
