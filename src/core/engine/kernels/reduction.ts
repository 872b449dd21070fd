import * as tf from '@tensorflow/tfjs';
import { NCHWC } from '../graph/graph';
import type { Trace } from '../tracing/trace';
import type { Value } from '../tracing/value';
import { dims4, sameShape } from '../tracing/value';
import { castTo } from './arithmetic';
import { lower } from './lower';

type Reduction = 'ReduceSum' | 'ReduceMean' | 'ReduceMax' | 'ReduceMin' | 'ReduceProd';

interface ReductionAttributes {
  readonly axis?: number | number[];
  readonly keepDims?: boolean;
}

/** A reduction over `axes` (all for undefined). */
export function reduce(
  t: Trace,
  op: Reduction,
  x: Value,
  { axis, keepDims = false }: ReductionAttributes,
): Value {
  const axes = [...tf.util.parseAxisParam(axis ?? x.shape.map((_, i) => i), [...x.shape])].sort(
    (a, b) => a - b,
  );
  const kept = x.shape.map((dimension, i) => (axes.includes(i) ? 1 : dimension));
  const drop = <T>(list: readonly T[]): T[] =>
    keepDims ? [...list] : list.filter((_, i) => !axes.includes(i));
  const shape = drop(kept);
  if (axes.length === 0) return x;
  const count = (over: readonly number[]): number => over.reduce((size, i) => size * (x.shape[i] ?? 1), 1);
  if (x.fill !== undefined) {
    const size = count(axes);
    const fill = op === 'ReduceSum' ? x.fill * size : op === 'ReduceProd' ? x.fill ** size : x.fill;
    return t.filled(x.dtype === 'float32' ? Math.fround(fill) : fill, shape, x.dtype);
  }
  const image = x.isImage && x.dtype === 'float32' ? reduceImage(t, op, x, axes, shape) : undefined;
  if (image) return image;
  const rows = reduceRows(t, op, x, axes);
  if (rows !== undefined) return t.plainValue(t.reshape(rows, shape), shape);

  const stored = drop(x.stored.map((dimension, i) => (axes.includes(i) ? 1 : dimension)));
  let name = reduceNode(t, op, t.plainStored(x), axes, keepDims);
  const lazy = axes.filter((i) => x.stored[i] === 1);
  const repeats = count(lazy);
  if (repeats !== 1 && op === 'ReduceSum') {
    name = t.graph.node('Mul', [name, t.graph.scalar(repeats, x.dtype)]);
  } else if (repeats !== 1 && op === 'ReduceProd') {
    name = t.graph.node('Pow', [name, t.graph.scalar(repeats, x.dtype)]);
  }
  return t.plainValue(name, shape, x.dtype, stored);
}

/** Floats in the widest vectors of a CPU. */
const VECTOR = 16;
/** Shorter rows are summed value by value. */
const SHORTEST = 4;

/**
 * Sums and means of rows, [N, S] to [N], each of which is rounded in the same way wherever it lies in the batch: ONNX
 * Runtime's CPU kernels begin a sum at the first value whose address suits their vectors. Rows of whole vectors all
 * begin there, and others are padded to that.
 * @returns undefined where nothing of that is needed, or it is no sum of rows
 */
function reduceRows(t: Trace, op: Reduction, x: Value, axes: readonly number[]): string | undefined {
  const first = axes[0] ?? 0;
  const isRows =
    first > 0 && axes.every((axis, n) => axis === first + n) && axes.at(-1) === x.shape.length - 1;
  const isSum = op === 'ReduceSum' || op === 'ReduceMean';
  if (t.target.alignedRows !== true || x.dtype !== 'float32' || !isSum || !isRows) return undefined;
  const [count, size] = [
    tf.util.sizeFromShape(x.shape.slice(0, first)),
    tf.util.sizeFromShape(x.shape.slice(first)),
  ];
  const missing = (VECTOR - (size % VECTOR)) % VECTOR;
  if (missing === 0 || size < SHORTEST || count < 2 || !sameShape(x.stored, x.shape)) return undefined;
  const flat = t.reshape(t.plainStored(x), [count, size]);
  const padded = t.graph.node('Pad', [flat, t.graph.int64([0, 0, 0, missing])]);
  const sum = t.graph.node('ReduceSum', [padded, t.graph.int64([1])], { keepdims: 0 });
  return op === 'ReduceSum' ? sum : t.graph.node('Div', [sum, t.graph.scalar(size)]);
}

function reduceNode(
  t: Trace,
  op: Reduction,
  name: string,
  axes: readonly number[],
  keepDims: boolean,
): string {
  const keepdims = keepDims ? 1 : 0;
  // In opset 17 the axes of ReduceSum are an input, those of the others an attribute.
  return op === 'ReduceSum'
    ? t.graph.node(op, [name, t.graph.int64(axes)], { keepdims })
    : t.graph.node(op, [name], { axes, keepdims });
}

/** Means and sums of an image over its positions, or over its positions and the batch, without a transpose. */
function reduceImage(
  t: Trace,
  op: Reduction,
  x: Value,
  axes: readonly number[],
  shape: readonly number[],
): Value | undefined {
  if (op !== 'ReduceSum' && op !== 'ReduceMean') return undefined;
  const [n, h, w] = dims4(x.shape);
  const positions = sameShape(axes, [1, 2]);
  if (!positions && !sameShape(axes, [0, 1, 2])) return undefined;
  const factor = op === 'ReduceMean' ? 1 : positions ? h * w : n * h * w;
  const mean = positions ? positionMean(t, x) : channelMean(t, x);
  const name = factor === 1 ? mean : t.graph.node('Mul', [mean, t.graph.scalar(factor)]);
  return t.plainValue(t.reshape(name, shape), shape);
}

/** The mean of an image over its positions: [N, C]. */
export function positionMean(t: Trace, x: Value): string {
  const [n, , , c] = dims4(x.shape);
  if (x.names.blocked !== undefined) {
    const padded = t.padded(c);
    const mean = t.reshape(t.graph.node('GlobalAveragePool', [x.names.blocked], {}, { domain: NCHWC }), [
      n,
      padded,
    ]);
    return padded === c
      ? mean
      : t.graph.node('Slice', [mean, t.graph.int64([0]), t.graph.int64([c]), t.graph.int64([1])]);
  }
  return t.reshape(t.graph.node('GlobalAveragePool', [t.nchw(x)]), [n, c]);
}

/** The mean of an image over the batch and all positions: [C]. */
export function channelMean(t: Trace, x: Value): string {
  if (x.names.blocked === undefined) {
    return t.graph.node('ReduceMean', [t.nchw(x)], { axes: [0, 2, 3], keepdims: 0 });
  }
  return t.graph.node('ReduceMean', [positionMean(t, x)], { axes: [0], keepdims: 0 });
}

export function registerReductions(): void {
  const reductions = {
    Sum: 'ReduceSum',
    Mean: 'ReduceMean',
    Max: 'ReduceMax',
    Min: 'ReduceMin',
    Prod: 'ReduceProd',
  } as const;
  for (const [kernel, op] of Object.entries(reductions)) {
    // TF.js names the axes of Max `reductionIndices`.
    lower<'x', ReductionAttributes & { reductionIndices?: number | number[] }>(
      kernel,
      ['x'],
      (t, { x }, a) => {
        const axis = a.axis ?? a.reductionIndices;
        const source = x.dtype === 'bool' ? castTo(t, x, 'int32') : x;
        const mean =
          op === 'ReduceMean' && source.dtype !== 'float32' ? castTo(t, source, 'float32') : source;
        return reduce(t, op, mean, {
          ...(axis === undefined ? {} : { axis }),
          keepDims: a.keepDims ?? false,
        });
      },
    );
  }
  for (const [kernel, op] of [
    ['All', 'ReduceMin'],
    ['Any', 'ReduceMax'],
  ] as const) {
    lower<'x', ReductionAttributes>(kernel, ['x'], (t, { x }, a) =>
      castTo(t, reduce(t, op, castTo(t, x, 'int32'), a), 'bool'),
    );
  }
  for (const op of ['ArgMax', 'ArgMin']) {
    lower<'x', tf.ArgMaxAttrs>(op, ['x'], (t, { x }, { axis }) => {
      const index = tf.util.parseAxisParam(axis, [...x.shape])[0] ?? 0;
      const shape = x.shape.filter((_, i) => i !== index);
      const name =
        t.target.provider === 'webgpu'
          ? firstExtreme(t, op === 'ArgMax' ? 'ReduceMax' : 'ReduceMin', x, index)
          : t.graph.node(op, [t.plain(x)], { axis: index, keepdims: 0 });
      return t.plainValue(t.cast(name, 'int32'), shape, 'int32');
    });
  }
  lower('Softmax', ['logits'], (t, { logits }) => lastAxis(t, 'Softmax', logits));
  lower('LogSoftmax', ['logits'], (t, { logits }) => lastAxis(t, 'LogSoftmax', logits));
}

/**
 * The index of the first largest or smallest element along an axis, in float32: ArgMax counts in int64, which the
 * WebGPU provider hands back to the CPU in the middle of a step.
 */
function firstExtreme(t: Trace, reduction: 'ReduceMax' | 'ReduceMin', x: Value, axis: number): string {
  const name = t.plain(x);
  const size = x.shape[axis] ?? 1;
  const extreme = t.graph.node(reduction, [name], { axes: [axis], keepdims: 1 });
  const places = t.graph.tensor(
    Float32Array.from({ length: size }, (_, i) => i),
    x.shape.map((_, i) => (i === axis ? size : 1)),
    'float32',
  );
  const candidates = t.graph.node('Where', [
    t.graph.node('Equal', [name, extreme]),
    places,
    t.graph.scalar(size),
  ]);
  return t.graph.node('ReduceMin', [candidates], { axes: [axis], keepdims: 0 });
}

function lastAxis(t: Trace, op: string, x: Value): Value {
  return t.plainValue(t.graph.node(op, [t.plain(x)], { axis: -1 }), x.shape);
}
