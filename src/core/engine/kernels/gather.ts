import type * as tf from '@tensorflow/tfjs';
import { sizeOf } from '../arrays/nd-array';
import type { Trace } from '../tracing/trace';
import { constantValue } from '../tracing/trace-backend';
import type { Value } from '../tracing/value';
import { binary, castTo } from './arithmetic';
import { lower } from './lower';

/** ONNX's number for int64 (TensorProto.DataType). */
const INT64 = 7;

function gather(t: Trace, x: Value, indices: Value, axis: number): Value {
  const shape = x.shape.toSpliced(axis, 1, ...indices.shape);
  const name = t.graph.node('Gather', [t.plain(x), t.plain(castTo(t, indices, 'int32'))], { axis });
  return t.plainValue(name, shape, x.dtype);
}

/** Rows of x by number, the same number of leading axes of both being batches: one gather of all batches' rows. */
function batchGather(t: Trace, x: Value, indices: Value, axis: number, batchDims: number): Value {
  const batch = x.shape.slice(0, batchDims);
  const outer = x.shape.slice(batchDims, axis);
  const inner = x.shape.slice(axis + 1);
  const size = x.shape[axis] ?? 1;
  const [batches, before, after] = [sizeOf(batch), sizeOf(outer), sizeOf(inner)];
  const picked = indices.shape.slice(batchDims);
  const count = sizeOf(picked);

  const first = Int32Array.from({ length: batches }, (_, i) => i * size);
  const rows = binary(
    t,
    'Add',
    t.reshaped(castTo(t, indices, 'int32'), [batches, count]),
    constantValue(first, [batches, 1], 'int32'),
  );
  const split = t.reshape(t.plain(x), [batches, before, size, after]);
  const table = t.graph.node('Transpose', [split], { perm: [0, 2, 1, 3] });
  const found = t.graph.node('Gather', [t.reshape(table, [batches * size, before, after]), t.plain(rows)], {
    axis: 0,
  });
  const moved = t.graph.node('Transpose', [found], { perm: [0, 2, 1, 3] });
  const shape = [...batch, ...outer, ...picked, ...inner];
  return t.plainValue(t.reshape(moved, shape), shape, x.dtype);
}

function positions(t: Trace, indices: Value): string {
  return t.graph.node('Cast', [t.plain(indices)], { to: INT64 });
}

/** Writes, or adds, `updates` at `indices` of `target`. */
function scatter(
  t: Trace,
  target: Value,
  indices: Value,
  updates: Value,
  attributes: Record<string, string>,
): Value {
  // ONNX Runtime adds float32 only.
  const dtype = attributes.reduction ? 'float32' : target.dtype;
  const inputs = [
    t.plain(castTo(t, target, dtype)),
    positions(t, indices),
    t.plain(castTo(t, updates, dtype)),
  ];
  const result = t.plainValue(t.graph.node('ScatterND', inputs, attributes), target.shape, dtype);
  return castTo(t, result, target.dtype);
}

export function registerGathers(): void {
  lower<'x' | 'indices', tf.GatherV2Attrs>(
    'GatherV2',
    ['x', 'indices'],
    (t, { x, indices }, { axis, batchDims }) => {
      const index = axis < 0 ? axis + x.shape.length : axis;
      const batches = batchDims < 0 ? batchDims + indices.shape.length : batchDims;
      return batches ? batchGather(t, x, indices, index, batches) : gather(t, x, indices, index);
    },
  );
  lower('GatherNd', ['params', 'indices'], (t, { params, indices }) => {
    const depth = indices.shape.at(-1) ?? 0;
    const shape = [...indices.shape.slice(0, -1), ...params.shape.slice(depth)];
    const name = t.graph.node('GatherND', [t.plain(params), positions(t, indices)]);
    return t.plainValue(name, shape, params.dtype);
  });
  lower<'indices' | 'updates', tf.ScatterNdAttrs>(
    'ScatterNd',
    ['indices', 'updates'],
    (t, { indices, updates }, { shape }) =>
      scatter(t, t.filled(0, shape, updates.dtype), indices, updates, { reduction: 'add' }),
  );
  lower('TensorScatterUpdate', ['tensor', 'indices', 'updates'], (t, { tensor, indices, updates }) =>
    scatter(t, tensor, indices, updates, {}),
  );
  lower<'x', tf.TopKAttrs>('TopK', ['x'], (t, { x }, { k }) => {
    const shape = [...x.shape.slice(0, -1), k];
    const source = x.dtype === 'bool' ? castTo(t, x, 'int32') : x;
    const attributes = { axis: -1, largest: 1, sorted: 1 };
    const [values = '', indices = ''] = t.graph.nodes(
      'TopK',
      [t.plain(source), t.graph.int64([k])],
      2,
      attributes,
    );
    return [
      castTo(t, t.plainValue(values, shape, source.dtype), x.dtype),
      t.plainValue(t.cast(indices, 'int32'), shape, 'int32'),
    ];
  });
}
