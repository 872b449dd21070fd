import * as tf from '@tensorflow/tfjs';
import { sizeOf } from '../../../../engine/arrays/nd-array';
import { isNumberList, maxHostElements, type HostArray } from '../../graph';
import type { NodeCall } from '../../node-call';
import { TensorValue, type GraphValue } from '../../value';
import { operators } from '../../operator';

export const shapeOps = {
  ...operators(
    { gradient: 'zero', readsShapes: true },
    {
      Shape: (call) => {
        const shape = call.shape(0);
        const { attributes } = call.node;
        const end = attributes.has('end') ? call.integer('end', 0) : shape.length;
        return wholeNumbers(shape.slice(call.integer('start', 0), end));
      },
      Size: (call) => wholeNumber(sizeOf(call.shape(0))),
    },
  ),
  ...operators('zero', {
    Constant: constant,
    ConstantOfShape: constantOfShape,
    Range: range,
  }),
  ...operators(
    { gradient: 'differentiable', readsTypes: [1] },
    { CastLike: (call) => call.value(0).with(tf.cast(call.value(0).tensor, call.value(1).tensor.dtype)) },
  ),
  ...operators('differentiable', {
    Identity: (call) => call.inputs[0] ?? call.value(0),
    Cast: cast,
    Reshape: reshape,
    Flatten: (call) => {
      const value = call.value(0);
      const axis = call.integer('axis', 1);
      const split = axis === value.rank ? axis : axis < 0 ? axis + value.rank : call.axis(axis, value.rank);
      const rows = sizeOf(value.shape.slice(0, split));
      return new TensorValue(tf.reshape(value.plain(), [rows, sizeOf(value.shape.slice(split))]));
    },
    Squeeze: (call) => {
      const value = call.value(0);
      const { shape } = value;
      const axes = call.axes(shape.length) ?? shape.flatMap((size, axis) => (size === 1 ? [axis] : []));
      if (axes.some((axis) => shape[axis] !== 1)) {
        throw call.damaged(`the shape [${shape.join(', ')}] can't lose the axes ${axes.join(', ')}`);
      }
      return new TensorValue(
        tf.reshape(
          value.plain(),
          shape.filter((_, axis) => !axes.includes(axis)),
        ),
      );
    },
    Unsqueeze: (call) => {
      const value = call.value(0);
      const given = call.integers('axes') ?? call.list(1, 'axes') ?? [];
      const rank = value.rank + given.length;
      const axes = call.axes(rank) ?? [];
      if (rank > maxRank) throw call.unsupported(`to ${rank} dimensions`);
      const shape = value.shape;
      for (const axis of axes.toSorted((a, b) => a - b)) shape.splice(axis, 0, 1);
      return new TensorValue(tf.reshape(value.plain(), shape));
    },
    Transpose: transpose,
    Expand: (call) => {
      const x = call.plain(0);
      const wanted = sizes(call, 1, 'shape');
      const rank = Math.max(x.rank, wanted.length);
      if (rank > maxRank) throw call.unsupported(`to ${rank} dimensions`);
      const shape = Array.from({ length: rank }, (_, axis) => {
        const [own, other] = [x.shape[axis - rank + x.rank] ?? 1, wanted[axis - rank + wanted.length] ?? 1];
        if (own !== other && own !== 1 && other !== 1) {
          throw call.damaged(`the shape [${x.shape.join(', ')}] does not fit [${wanted.join(', ')}]`);
        }
        return own === 1 ? other : own;
      });
      call.reserve(shape);
      return new TensorValue(tf.broadcastTo(x, shape));
    },
    Tile: (call) => {
      const x = call.plain(0);
      const repeats = sizes(call, 1, 'repeats');
      if (repeats.length !== x.rank) throw call.damaged(`${repeats.length} repeats for ${x.rank} dimensions`);
      call.reserve(x.shape.map((size, axis) => size * (repeats[axis] ?? 1)));
      return new TensorValue(tf.tile(x, repeats));
    },
    DepthToSpace: (call) => {
      const x = call.plain(0);
      const b = call.integer('blocksize', 0);
      const [n = 0, c = 0, h = 0, w = 0] = x.shape;
      if (x.rank !== 4 || b < 1 || c % (b * b) !== 0) throw call.damaged(`blocks of ${b} in ${c} channels`);
      const depthFirst = call.text('mode', 'DCR') === 'DCR';
      const split = depthFirst ? [n, b, b, c / (b * b), h, w] : [n, c / (b * b), b, b, h, w];
      const moved = tf.transpose(tf.reshape(x, split), depthFirst ? [0, 3, 4, 1, 5, 2] : [0, 1, 4, 2, 5, 3]);
      return new TensorValue(tf.reshape(moved, [n, c / (b * b), h * b, w * b]));
    },
    SpaceToDepth: (call) => {
      const x = call.plain(0);
      const b = call.integer('blocksize', 0);
      const [n = 0, c = 0, h = 0, w = 0] = x.shape;
      if (x.rank !== 4 || b < 1 || h % b !== 0 || w % b !== 0)
        throw call.damaged(`blocks of ${b} in ${h} x ${w}`);
      const moved = tf.transpose(tf.reshape(x, [n, c, h / b, b, w / b, b]), [0, 3, 5, 1, 2, 4]);
      return new TensorValue(tf.reshape(moved, [n, c * b * b, h / b, w / b]));
    },
  }),
};

/** TF.js's tensors have no more dimensions. */
const maxRank = 6;

export function wholeNumbers(list: readonly number[]): HostArray {
  return { dtype: 'int', shape: [list.length], data: Float64Array.from(list) };
}

export function wholeNumber(value: number): HostArray {
  return { dtype: 'int', shape: [], data: Float64Array.of(value) };
}

/** A known input that is a list of sizes, none negative. */
function sizes(call: NodeCall, index: number, what: string): number[] {
  const list = call.list(index, what) ?? [];
  if (list.some((size) => size < 0)) throw call.damaged(`its ${what} is [${list.join(', ')}]`);
  return list;
}

function constant(call: NodeCall): GraphValue {
  for (const value of call.node.attributes.values()) {
    if (typeof value === 'object' && 'data' in value) return value;
  }
  const { attributes } = call.node;
  const isFloat = attributes.has('value_float') || attributes.has('value_floats');
  const value = ['value_float', 'value_floats', 'value_int', 'value_ints']
    .map((name) => attributes.get(name))
    .find((v) => v !== undefined);
  const list = typeof value === 'number' ? [value] : value;
  if (!isNumberList(list)) throw call.unsupported('with a value that is no tensor of numbers');
  return {
    dtype: isFloat ? 'float' : 'int',
    shape: typeof value === 'number' ? [] : [list.length],
    data: isFloat ? Float32Array.from(list) : Float64Array.from(list),
  };
}

function constantOfShape(call: NodeCall): GraphValue {
  const shape = sizes(call, 0, 'shape');
  if (shape.length > maxRank) throw call.unsupported(`of ${shape.length} dimensions`);
  call.reserve(shape);
  const given = call.node.attributes.get('value');
  const element = typeof given === 'object' && 'data' in given ? given : undefined;
  const value = element?.data[0] ?? 0;
  const dtype = element?.dtype ?? 'float';
  const size = sizeOf(shape);
  if (size <= maxHostElements) {
    const data = dtype === 'float' ? new Float32Array(size) : new Float64Array(size);
    return { dtype, shape, data: data.fill(value) };
  }
  return new TensorValue(tf.fill(shape, value, dtype === 'float' ? 'float32' : 'int32'));
}

function range(call: NodeCall): GraphValue {
  const [start, limit, delta] = ['start', 'limit', 'delta'].map(
    (what, index) => call.number(index, what) ?? NaN,
  );
  const count = Math.max(0, Math.ceil(((limit ?? NaN) - (start ?? NaN)) / (delta ?? NaN)));
  if (!(count <= maxHostElements))
    throw call.damaged(`it counts from ${start ?? ''} to ${limit ?? ''} by ${delta ?? ''}`);
  const { dtype } = call.known(0, 'start');
  const values = Array.from({ length: count }, (_, i) => (start ?? 0) + i * (delta ?? 0));
  return {
    dtype,
    shape: [count],
    data: dtype === 'float' ? Float32Array.from(values) : Float64Array.from(values),
  };
}

/** Every floating-point type is float32 here, every integer int32. */
function cast(call: NodeCall): GraphValue {
  const value = call.value(0);
  const to = call.integer('to', 0);
  const { tensor } = value;
  if ([1, 10, 11, 16].includes(to))
    return tensor.dtype === 'float32' ? value : value.with(tf.cast(tensor, 'float32'));
  if (to === 9) return value.with(tf.cast(tensor, 'bool'));
  if ([2, 3, 4, 5, 6, 7, 12, 13].includes(to)) return value.with(tf.cast(tensor, 'int32'));
  throw call.unsupported(`to the element type ${to}`);
}

function reshape(call: NodeCall): GraphValue {
  const value = call.value(0);
  const wanted = call.list(1, 'shape') ?? [];
  if (wanted.length > maxRank) throw call.unsupported(`to ${wanted.length} dimensions`);
  const size = sizeOf(value.shape);
  const copies = call.integer('allowzero', 0) === 0;
  const resolve = (list: readonly number[]): number[] | undefined => {
    const shape = list.map((dimension, axis) =>
      dimension === 0 && copies ? (value.shape[axis] ?? 0) : dimension,
    );
    const known = sizeOf(shape.filter((dimension) => dimension !== -1));
    const inferred = shape.map((dimension) => (dimension === -1 ? size / known : dimension));
    const open = shape.filter((dimension) => dimension === -1).length;
    const fits = open <= 1 && inferred.every((dimension) => Number.isInteger(dimension) && dimension >= 0);
    return fits && sizeOf(inferred) === size ? inferred : undefined;
  };
  const { declaredBatch } = call;
  const { batch } = call.context;
  // A file that was exported for one size of batch has it in its shapes; it runs with any other as well.
  const isFixed =
    call.ofImages &&
    declaredBatch !== null &&
    declaredBatch !== batch &&
    wanted[0] === declaredBatch &&
    value.shape[0] === batch;
  const shape = (isFixed ? resolve(wanted.with(0, batch)) : undefined) ?? resolve(wanted);
  if (!shape) {
    throw call.damaged(`the shape [${value.shape.join(', ')}] can't become [${wanted.join(', ')}]`);
  }
  return new TensorValue(tf.reshape(value.plain(), shape));
}

function transpose(call: NodeCall): GraphValue {
  const value = call.value(0);
  const { rank } = value;
  const permutation = [...(call.integers('perm') ?? value.shape.map((_, axis) => rank - 1 - axis))];
  if (permutation.length !== rank || permutation.toSorted((a, b) => a - b).some((axis, i) => axis !== i)) {
    throw call.damaged(`its attribute perm is [${permutation.join(', ')}], for ${rank} dimensions`);
  }
  const order = permutation.join();
  // Between the two orders of an image only the name of the order changes.
  if (value.channelsLast && order === '0,2,3,1') return new TensorValue(value.tensor);
  if (!value.channelsLast && order === '0,3,1,2') return new TensorValue(value.tensor, true);
  return new TensorValue(tf.transpose(value.plain(), permutation));
}
