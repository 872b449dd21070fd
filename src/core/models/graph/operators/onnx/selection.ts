import * as tf from '@tensorflow/tfjs';
import { sizeOf } from '../../../../engine/arrays/nd-array';
import type { NodeCall } from '../../node-call';
import { isTensorValue, TensorValue, together } from '../../value';
import { operators } from '../../operator';

export const selectionOps = operators('differentiable', {
  Concat: concat,
  Split: split,
  Slice: slice,
  Gather: gather,
  Pad: pad,
});

function concat(call: NodeCall): TensorValue {
  const values = call.inputs.map((_, index) => call.value(index));
  const [first] = values;
  if (!first) throw call.damaged('it has no inputs');
  const axis = call.axis(call.integer('axis', 0), first.rank);
  const matches = values.every(
    (value) =>
      value.rank === first.rank && value.shape.every((size, i) => i === axis || size === first.shape[i]),
  );
  if (!matches) {
    throw call.damaged(
      `the shapes ${values.map(({ shape }) => `[${shape.join(', ')}]`).join(' and ')} do not fit`,
    );
  }
  call.reserve(
    first.shape.with(
      axis,
      values.reduce((sum, { shape }) => sum + (shape[axis] ?? 0), 0),
    ),
  );
  const { tensors, channelsLast } = together(values);
  const result = new TensorValue(tensors[0] ?? first.tensor, channelsLast);
  return result.with(tensors.length === 1 ? result.tensor : tf.concat(tensors, result.storedAxis(axis)));
}

/** Part of a value along some of ONNX's axes. */
function cut(value: TensorValue, ranges: ReadonlyMap<number, { start: number; count: number }>): TensorValue {
  const begin = value.tensor.shape.map(() => 0);
  const size = [...value.tensor.shape];
  for (const [axis, { start, count }] of ranges) {
    begin[value.storedAxis(axis)] = start;
    size[value.storedAxis(axis)] = count;
  }
  return value.with(tf.slice(value.tensor, begin, size));
}

function split(call: NodeCall): TensorValue[] {
  const value = call.value(0);
  const axis = call.axis(call.integer('axis', 0), value.rank);
  const whole = value.shape[axis] ?? 0;
  const parts = call.node.outputs.length;
  const even = Math.ceil(whole / parts);
  const sizes =
    call.integers('split') ??
    call.list(1, 'split') ??
    call.node.outputs.map((_, i) => Math.max(0, Math.min(even, whole - i * even)));
  if (
    sizes.length !== parts ||
    sizes.some((size) => size < 0) ||
    sizes.reduce((a, b) => a + b, 0) !== whole
  ) {
    throw call.damaged(`${whole} can't be split into ${sizes.join(', ')}`);
  }
  let start = 0;
  return sizes.map((count) => {
    const part = cut(value, new Map([[axis, { start, count }]]));
    start += count;
    return part;
  });
}

function slice(call: NodeCall): TensorValue {
  const value = call.value(0);
  const starts = call.list(1, 'starts') ?? [];
  const ends = call.list(2, 'ends') ?? [];
  const axes = call.axes(value.rank, 3) ?? starts.map((_, axis) => call.axis(axis, value.rank));
  const steps = call.list(4, 'steps') ?? starts.map(() => 1);
  if (ends.length !== starts.length || axes.length !== starts.length || steps.length !== starts.length) {
    throw call.damaged('its starts, ends, axes and steps differ in number');
  }
  const ranges = new Map<number, { start: number; count: number }>();
  const strides = value.tensor.shape.map(() => 1);
  const reversed: number[] = [];
  axes.forEach((axis, i) => {
    const size = value.shape[axis] ?? 0;
    const step = steps[i] ?? 1;
    if (!Number.isInteger(step) || step === 0) throw call.damaged(`it steps by ${step}`);
    const [low, high] = step > 0 ? [0, size] : [-1, size - 1];
    const bound = (position: number): number =>
      Math.min(Math.max(position < 0 ? position + size : position, low), high);
    const start = bound(starts[i] ?? 0);
    const count = Math.max(0, Math.ceil((bound(ends[i] ?? 0) - start) / step));
    const stored = value.storedAxis(axis);
    if (step < 0) reversed.push(stored);
    const pace = Math.min(Math.abs(step), Math.max(1, size));
    strides[stored] = pace;
    ranges.set(axis, {
      start: step < 0 ? size - 1 - start : start,
      count: count > 0 ? (count - 1) * pace + 1 : 0,
    });
  });
  const source = reversed.length ? value.with(tf.reverse(value.tensor, reversed)) : value;
  const part = cut(source, ranges);
  if (part.tensor.size === 0 || strides.every((stride) => stride === 1)) return part;
  const { tensor } = part;
  return part.with(
    tf.stridedSlice(
      tensor,
      tensor.shape.map(() => 0),
      tensor.shape,
      strides,
    ),
  );
}

function gather(call: NodeCall): TensorValue {
  const value = call.value(0);
  const axis = call.axis(call.integer('axis', 0), value.rank);
  const size = value.shape[axis] ?? 0;
  const indices = call.inputs[1];
  const x = value.plain();
  if (!indices || isTensorValue(indices)) {
    const at = tf.cast(call.plain(1), 'int32');
    call.reserve([...x.shape.slice(0, axis), ...at.shape, ...x.shape.slice(axis + 1)]);
    return new TensorValue(
      tf.gather(x, tf.where(tf.less(at, 0), tf.add(at, tf.scalar(size, 'int32')), at), axis),
    );
  }
  const list = Array.from(indices.data, (index) => (index < 0 ? index + size : index));
  if (list.some((index) => !Number.isInteger(index) || index < 0 || index >= size)) {
    throw call.damaged(
      `it reads position ${list.find((index) => !(index >= 0 && index < size)) ?? ''} of ${size}`,
    );
  }
  const shape = [...x.shape.slice(0, axis), ...indices.shape, ...x.shape.slice(axis + 1)];
  call.reserve(shape);
  const [only] = list;
  // One position is a slice, whose gradient is a Pad.
  if (only !== undefined && list.length === 1) {
    return new TensorValue(
      tf.reshape(cut(new TensorValue(x), new Map([[axis, { start: only, count: 1 }]])).tensor, shape),
    );
  }
  const at = tf.tensor1d(Int32Array.from(list), 'int32');
  return new TensorValue(tf.reshape(tf.gather(x, at, axis), shape));
}

function pad(call: NodeCall): TensorValue {
  const value = call.value(0);
  const { rank, shape } = value;
  const amounts = call.integers('pads') ?? call.list(1, 'pads') ?? [];
  const axes = call.list(3, 'axes')?.map((axis) => call.axis(axis, rank)) ?? shape.map((_, axis) => axis);
  if (amounts.length !== 2 * axes.length || !amounts.every(Number.isSafeInteger)) {
    throw call.damaged(`${amounts.length} pads for ${axes.length} axes`);
  }
  const around = shape.map((): [number, number] => [0, 0]);
  axes.forEach((axis, i) => (around[axis] = [amounts[i] ?? 0, amounts[i + axes.length] ?? 0]));
  const result = shape.map((size, axis) => size + (around[axis]?.[0] ?? 0) + (around[axis]?.[1] ?? 0));
  call.reserve(result);
  if (around.every(([before, after]) => before === 0 && after === 0)) return value;
  // Negative pads take away.
  const kept = new Map(
    around.map(([before, after], axis) => {
      const start = Math.max(0, -before);
      return [axis, { start, count: (shape[axis] ?? 0) - start - Math.max(0, -after) }];
    }),
  );
  if ([...kept.values()].some(({ count }) => count < 0))
    throw call.damaged('it takes away more than there is');
  const isCut = around.some(([before, after]) => before < 0 || after < 0);
  const source = isCut ? cut(value, kept) : value;
  const stored = source.tensor.shape.map((): [number, number] => [0, 0]);
  around.forEach(([before, after], axis) => {
    stored[source.storedAxis(axis)] = [Math.max(0, before), Math.max(0, after)];
  });
  if (sizeOf(source.shape) === 0) throw call.damaged('nothing is left to be padded');
  const mode = call.text('mode', 'constant');
  if (mode === 'constant') {
    const fill = call.number(2, 'constant_value') ?? call.scalar('value', 0);
    const padded = source.with(tf.pad(source.tensor, stored, fill));
    const [batch, channels, rows = [0, 0], columns = [0, 0]] = around;
    const onImage = rank === 4 && !isCut && [batch, channels].every((pads) => pads?.every((n) => n === 0));
    if (fill === 0 && onImage) {
      padded.padded = { source, pads: [rows[0], columns[0], rows[1], columns[1]] };
    }
    return padded;
  }
  if (mode === 'reflect') {
    const reachesOut = stored.some(
      ([before, after], axis) =>
        before + after > 0 && Math.max(before, after) >= (source.tensor.shape[axis] ?? 0),
    );
    if (reachesOut) throw call.damaged('it reflects more than there is');
    return source.with(tf.mirrorPad(source.tensor, stored, 'reflect'));
  }
  if (mode === 'edge') return source.with(repeatedEdges(source.tensor, stored));
  throw call.unsupported(`with the mode ${mode}`);
}

/** The first and the last place of each axis, repeated. */
function repeatedEdges(tensor: tf.Tensor, pads: readonly (readonly [number, number])[]): tf.Tensor {
  let result = tensor;
  pads.forEach(([before, after], axis) => {
    const { shape } = result;
    const edge = (at: number, times: number): tf.Tensor[] => {
      if (times === 0) return [];
      const begin = shape.map((_, i) => (i === axis ? at : 0));
      const size = shape.map((all, i) => (i === axis ? 1 : all));
      const repeats = shape.map((_, i) => (i === axis ? times : 1));
      return [tf.tile(tf.slice(result, begin, size), repeats)];
    };
    const parts = [...edge(0, before), result, ...edge((shape[axis] ?? 1) - 1, after)];
    if (parts.length > 1) result = tf.concat(parts, axis);
  });
  return result;
}
