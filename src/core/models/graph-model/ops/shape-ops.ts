import * as tf from '@tensorflow/tfjs';
import { maxElements, sizeWithin } from '../limits';
import type { OpCall, OpTable } from '../op-call';

/** An axis of a tensor of at most 8. */
const axisRange = [-8, 8] as const;

export const shapeOps: OpTable = {
  Identity: { run: (call) => call.value(0) },
  IdentityN: { run: (call) => call.inputs },
  Snapshot: { run: (call) => call.value(0) },
  PreventGradient: { run: (call) => call.value(0) },
  CheckNumerics: { run: (call) => call.value(0) },
  PlaceholderWithDefault: { run: (call) => call.value(0) },
  Reshape: { run: (call) => tf.reshape(call.tensor(0), call.integers(1, -1, maxElements)), onHost: true },
  Squeeze: { run: squeeze, onHost: true },
  ExpandDims: { run: (call) => tf.expandDims(call.tensor(0), call.number(1)), onHost: true },
  Transpose: { run: (call) => tf.transpose(call.tensor(0), call.integers(1, 0, 7)), onHost: true },
  StridedSlice: { run: stridedSlice, onHost: true },
  Slice: {
    run: (call) =>
      tf.slice(call.tensor(0), call.integers(1, 0, maxElements), call.integers(2, -1, maxElements)),
    onHost: true,
  },
  GatherV2: {
    run: (call) => {
      const axis = call.number(2);
      return tf.gather(
        call.tensor(0),
        tf.cast(call.tensor(1), 'int32'),
        axis,
        call.attributes.integer('batch_dims', 0),
      );
    },
    onHost: true,
  },
  Gather: { run: (call) => tf.gather(call.tensor(0), tf.cast(call.tensor(1), 'int32'), 0), onHost: true },
  ConcatV2: {
    run: (call) => tf.concat(call.tensors(0, call.count - 1), axisOf(call, -1)),
    onHost: true,
  },
  Concat: { run: (call) => tf.concat(call.tensors(1), axisOf(call, 0)), onHost: true },
  Pack: { run: (call) => tf.stack(call.tensors(), call.attributes.integer('axis', 0)), onHost: true },
  Unpack: { run: (call) => tf.unstack(call.tensor(0), call.attributes.integer('axis', 0)), onHost: true },
  Split: {
    run: (call) => {
      const [parts = 1] = call.checked([call.attributes.integer('num_split', 1)], 1, 10_000);
      return tf.split(call.tensor(1), parts, axisOf(call, 0));
    },
    onHost: true,
  },
  SplitV: {
    run: (call) => tf.split(call.tensor(0), call.integers(1, -1, maxElements), axisOf(call, 2)),
    onHost: true,
  },
  Pad: { run: (call) => tf.pad(call.tensor(0), paddings(call)), onHost: true },
  PadV2: { run: (call) => tf.pad(call.tensor(0), paddings(call), call.number(2)), onHost: true },
  MirrorPad: {
    run: (call) => {
      const mode = call.attributes.text('mode', '').toLowerCase();
      if (mode !== 'reflect' && mode !== 'symmetric') throw call.wrong('its mode is unknown');
      return tf.mirrorPad(call.tensor(0), paddings(call), mode);
    },
  },
  Tile: {
    run: (call) => {
      const x = call.tensor(0);
      const repeats = call.integers(1, 1, maxElements);
      sizeWithin(
        call,
        repeats.map((count, axis) => count * (x.shape[axis] ?? 1)),
      );
      return tf.tile(x, repeats);
    },
    onHost: true,
  },
  BroadcastTo: {
    run: (call) => tf.broadcastTo(call.tensor(0), sizeWithin(call, call.integers(1, 1, maxElements))),
    onHost: true,
  },
  Fill: {
    run: (call) => {
      const shape = sizeWithin(call, call.integers(0, 0, maxElements));
      const value = call.value(1);
      return tf.fill(shape, call.number(1), value.dtype);
    },
    onHost: true,
  },
  ZerosLike: { run: (call) => tf.zerosLike(call.tensor(0)) },
  OnesLike: { run: (call) => tf.onesLike(call.tensor(0)) },
  Range: {
    run: (call) => {
      const [start, limit, step] = [call.number(0), call.number(1), call.number(2)];
      const length = Math.ceil((limit - start) / step);
      if (!(length >= 0 && length <= 100_000)) throw call.wrong('the range is endless');
      return tf.range(start, limit, step, call.value(0).dtype === 'float32' ? 'float32' : 'int32');
    },
    onHost: true,
  },
  SpaceToBatchND: {
    run: (call) =>
      tf.spaceToBatchND(call.tensor(0), call.integers(1, 1, 1024), pairs(call, call.integers(2, 0, 65_536))),
  },
  BatchToSpaceND: {
    run: (call) =>
      tf.batchToSpaceND(call.tensor(0), call.integers(1, 1, 1024), pairs(call, call.integers(2, 0, 65_536))),
  },
  DepthToSpace: {
    run: (call) => {
      const [block = 1] = call.checked([call.attributes.integer('block_size', 2)], 2, 1024);
      if (call.attributes.text('data_format', 'NHWC') !== 'NHWC') throw call.unsupported('NCHW data');
      return tf.depthToSpace(call.image(), block);
    },
  },
};

function axisOf(call: OpCall, index: number): number {
  const [axis = 0] = call.integers(index < 0 ? call.count + index : index, ...axisRange);
  return axis;
}

function squeeze(call: OpCall): tf.Tensor {
  const axes = call.checked(
    call.attributes.integers(call.attributes.has('squeeze_dims') ? 'squeeze_dims' : 'axis'),
    ...axisRange,
  );
  return tf.squeeze(call.tensor(0), axes.length > 0 ? axes : undefined);
}

function stridedSlice(call: OpCall): tf.Tensor {
  const { attributes } = call;
  const [begin, end, strides] = [call.numbers(1), call.numbers(2), call.numbers(3)];
  if (begin.length !== end.length || begin.length !== strides.length || strides.includes(0)) {
    throw call.wrong('begin, end and strides do not fit each other');
  }
  const mask = (name: string): number => call.checked([attributes.integer(name, 0)], 0, 2 ** 16)[0] ?? 0;
  return tf.stridedSlice(
    call.tensor(0),
    begin,
    end,
    strides,
    mask('begin_mask'),
    mask('end_mask'),
    mask('ellipsis_mask'),
    mask('new_axis_mask'),
    mask('shrink_axis_mask'),
  );
}

function paddings(call: OpCall): [number, number][] {
  const found = pairs(call, call.integers(1, 0, 65_536));
  const { rank } = call.tensor(0);
  if (found.length !== rank) throw call.wrong(`${found.length} paddings for ${rank} axes`);
  const x = call.value(0);
  sizeWithin(
    call,
    found.map(([before, after], axis) => before + after + (x.shape[axis] ?? 1)),
  );
  return found;
}

function pairs(call: OpCall, values: readonly number[]): [number, number][] {
  if (values.length % 2 !== 0) throw call.wrong('there is an odd number of paddings');
  return Array.from({ length: values.length / 2 }, (_, i) => [values[2 * i] ?? 0, values[2 * i + 1] ?? 0]);
}
