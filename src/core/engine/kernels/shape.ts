import * as tf from '@tensorflow/tfjs';
import { stridedSizes } from '../gradients/strided-sizes';
import type { Trace } from '../tracing/trace';
import type { Value } from '../tracing/value';
import { sizeOf } from '../arrays/nd-array';
import { castTo } from './arithmetic';
import { lower, lowerMany } from './lower';

function listOf(inputs: Readonly<Record<string, Value | undefined>>): Value[] {
  return Object.values(inputs).filter((value) => value !== undefined);
}

function axisOf(axis: number, rank: number): number {
  return axis < 0 ? axis + rank : axis;
}

export function slice(t: Trace, x: Value, begin: readonly number[], size: readonly number[]): Value {
  if (x.fill !== undefined) return t.filled(x.fill, size, x.dtype);
  if (x.shape.every((dimension, i) => dimension === size[i])) return x;
  const axes = x.shape.flatMap((dimension, i) => (dimension === size[i] ? [] : [i]));
  const pick = (list: readonly number[]): number[] => axes.map((axis) => list[axis] ?? 0);
  const name = t.graph.node('Slice', [
    t.plain(x),
    t.graph.int64(pick(begin)),
    t.graph.int64(pick(begin.map((start, i) => start + (size[i] ?? 0)))),
    t.graph.int64(axes),
  ]);
  return t.plainValue(name, size, x.dtype);
}

export function concat(t: Trace, values: readonly Value[], axis: number): Value {
  const parts = values.filter((value) => sizeOf(value.shape) > 0);
  const [first] = parts.length > 0 ? parts : values;
  if (!first) throw t.unsupported('a concatenation of nothing');
  if (parts.length === 1) return first;
  const shape = [...first.shape];
  shape[axis] = parts.reduce((size, part) => size + (part.shape[axis] ?? 0), 0);
  const name = t.graph.node(
    'Concat',
    parts.map((part) => t.plain(part)),
    { axis },
  );
  return t.plainValue(name, shape, first.dtype);
}

/** `value` around x; negative paddings are not allowed. */
export function pad(t: Trace, x: Value, paddings: readonly (readonly number[])[], value: number): Value {
  if (paddings.every(([before = 0, after = 0]) => before === 0 && after === 0)) return x;
  const shape = x.shape.map((size, i) => size + (paddings[i]?.[0] ?? 0) + (paddings[i]?.[1] ?? 0));
  const pads = [...paddings.map(([before = 0]) => before), ...paddings.map(([, after = 0]) => after)];
  const source = x.dtype === 'bool' ? castTo(t, x, 'int32') : x;
  const inputs = [t.plain(source), t.graph.int64(pads), t.graph.scalar(value, source.dtype)];
  return castTo(t, t.plainValue(t.graph.node('Pad', inputs), shape, source.dtype), x.dtype);
}

export function reverse(t: Trace, x: Value, axes: readonly number[]): Value {
  if (axes.length === 0 || x.fill !== undefined) return x;
  const all = (value: number): string => t.graph.int64(axes.map(() => value));
  const inputs = [t.plain(x), all(-1), all(-2_147_483_647), t.graph.int64(axes), all(-1)];
  return t.plainValue(t.graph.node('Slice', inputs), x.shape, x.dtype);
}

export function registerShapes(): void {
  lower<'x', tf.ReshapeAttrs>('Reshape', ['x'], (t, { x }, { shape }) =>
    t.reshaped(x, tf.util.inferFromImplicitShape(shape, sizeOf(x.shape))),
  );
  lower<'input', tf.ExpandDimsAttrs>('ExpandDims', ['input'], (t, { input }, { dim }) => {
    const shape = [...input.shape];
    shape.splice(dim < 0 ? dim + shape.length + 1 : dim, 0, 1);
    return t.reshaped(input, shape);
  });
  lower<'x', tf.TransposeAttrs>('Transpose', ['x'], (t, { x }, { perm }) => {
    const move = (shape: readonly number[]): number[] => perm.map((axis) => shape[axis] ?? 1);
    if (x.fill !== undefined) return t.filled(x.fill, move(x.shape), x.dtype);
    if (perm.every((axis, i) => axis === i)) return x;
    // Between NHWC and NCHW: another name for the order that the value may already have.
    const order = perm.join();
    if (x.isFull && order === '0,3,1,2') return t.plainValue(t.nchw(x), move(x.shape), x.dtype);
    if (x.isFull && order === '0,2,3,1') return t.imageValue('nchw', t.plain(x), move(x.shape), x.dtype);
    return t.plainValue(
      t.graph.node('Transpose', [t.plainStored(x)], { perm }),
      move(x.shape),
      x.dtype,
      move(x.stored),
    );
  });
  lowerMany<tf.ConcatAttrs>('Concat', (t, inputs, { axis }) => {
    const values = listOf(inputs);
    return concat(t, values, axisOf(axis, values[0]?.shape.length ?? 0));
  });
  lowerMany<tf.PackAttrs>('Pack', (t, inputs, { axis }) => {
    const values = listOf(inputs);
    const index = axisOf(axis, (values[0]?.shape.length ?? 0) + 1);
    return concat(
      t,
      values.map((value) => t.reshaped(value, value.shape.toSpliced(index, 0, 1))),
      index,
    );
  });
  lower<'value', tf.UnpackAttrs>('Unpack', ['value'], (t, { value }, { axis }) => {
    const index = axisOf(axis, value.shape.length);
    return Array.from({ length: value.shape[index] ?? 0 }, (_, i) => {
      const begin = value.shape.map((_, j) => (j === index ? i : 0));
      const part = slice(t, value, begin, value.shape.with(index, 1));
      return t.reshaped(part, value.shape.toSpliced(index, 1));
    });
  });
  lower<'x', tf.SplitVAttrs>('SplitV', ['x'], (t, { x }, { numOrSizeSplits, axis }) => {
    const index = axisOf(axis, x.shape.length);
    let start = 0;
    return tf.backend_util.prepareSplitSize(shapeOnly(x), numOrSizeSplits, index).map((size) => {
      const part = slice(
        t,
        x,
        x.shape.map((_, j) => (j === index ? start : 0)),
        x.shape.with(index, size),
      );
      start += size;
      return part;
    });
  });
  lower<'x', tf.SliceAttrs>('Slice', ['x'], (t, { x }, { begin, size }) => {
    const [start, extent] = tf.slice_util.parseSliceParams(shapeOnly(x), begin, size);
    return slice(t, x, start ?? [], extent ?? []);
  });
  lower<'x', tf.StridedSliceAttrs>('StridedSlice', ['x'], (t, { x }, a) => {
    const info = tf.slice_util.sliceInfo(
      [...x.shape],
      a.begin,
      a.end,
      a.strides,
      a.beginMask,
      a.endMask,
      a.ellipsisMask,
      a.newAxisMask,
      a.shrinkAxisMask,
    );
    if (info.isIdentity) return t.reshaped(x, info.finalShape);
    // Past the first element, for a negative step, is a number that ONNX can't confuse with the last one.
    const ends = info.end.map((end, i) => (end < 0 && (info.strides[i] ?? 1) < 0 ? -2_147_483_647 : end));
    const name = t.graph.node('Slice', [
      t.plain(x),
      t.graph.int64(info.begin),
      t.graph.int64(ends),
      t.graph.int64(info.begin.map((_, i) => i)),
      t.graph.int64(info.strides),
    ]);
    return t.reshaped(t.plainValue(name, stridedSizes(info), x.dtype), info.finalShape);
  });
  lower<'x', tf.PadV2Attrs>('PadV2', ['x'], (t, { x }, { paddings, constantValue }) =>
    pad(t, x, paddings, constantValue),
  );
  lower<'x', tf.TileAttrs>('Tile', ['x'], (t, { x }, { reps }) => {
    const shape = x.shape.map((dimension, i) => dimension * (reps[i] ?? 1));
    if (x.shape.every((dimension, i) => dimension === 1 || reps[i] === 1)) return t.broadcast(x, shape);
    return t.plainValue(t.graph.node('Tile', [t.plain(x), t.graph.int64(reps)]), shape, x.dtype);
  });
  lower<'x', tf.BroadCastToAttrs>('BroadcastTo', ['x'], (t, { x }, { shape }) => t.broadcast(x, shape));
  lower<'x', tf.ReverseAttrs>('Reverse', ['x'], (t, { x }, { dims }) =>
    reverse(t, x, tf.util.parseAxisParam(dims, [...x.shape])),
  );
}

/** TF.js's helpers read no more of a tensor than its shape. */
function shapeOnly(x: Value): tf.TensorInfo {
  return { dataId: {}, shape: [...x.shape], dtype: x.dtype };
}
