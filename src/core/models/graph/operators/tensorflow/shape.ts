import * as tf from '@tensorflow/tfjs';
import type { NodeCall } from '../../node-call';
import { operators } from '../../operator';
import { wholeNumber, wholeNumbers } from '../onnx/shape';
import { checked, integer, integers, maxElements, number, numbers, rank4, shape, tensors } from './arguments';

/** An axis of a tensor of at most 8. */
const axisRange = [-8, 8] as const;

export const shapeOps = {
  ...operators(
    { gradient: 'zero', readsShapes: true },
    {
      ShapeN: (call) => call.inputs.map((_, index) => wholeNumbers(call.shape(index))),
      Rank: (call) => wholeNumber(call.shape(0).length),
    },
  ),
  ...operators('zero', {
    Fill: (call) => {
      const sizes = shape(call, 0);
      const value = number(call, 1, 'value');
      return tf.fill(sizes, value, call.plain(1).dtype);
    },
    Range: (call) => {
      const [start, limit, step] = [
        number(call, 0, 'start'),
        number(call, 1, 'limit'),
        number(call, 2, 'delta'),
      ];
      const length = Math.ceil((limit - start) / step);
      if (!(length >= 0 && length <= 100_000)) throw call.damaged('the range is endless');
      return tf.range(start, limit, step, call.known(0, 'start').dtype === 'float' ? 'float32' : 'int32');
    },
  }),
  ...operators('differentiable', {
    IdentityN: (call) => call.inputs.map((input, index) => input ?? call.value(index)),
    Reshape: (call) => tf.reshape(call.plain(0), integers(call, 1, 'shape', -1, maxElements)),
    Squeeze: squeeze,
    ExpandDims: (call) => tf.expandDims(call.plain(0), number(call, 1, 'axis')),
    Transpose: (call) => tf.transpose(call.plain(0), integers(call, 1, 'permutation', 0, 7)),
    StridedSlice: stridedSlice,
    Slice: (call) =>
      tf.slice(
        call.plain(0),
        integers(call, 1, 'begin', 0, maxElements),
        integers(call, 2, 'size', -1, maxElements),
      ),
    GatherV2: (call) => gather(call, number(call, 2, 'axis'), call.integer('batch_dims', 0)),
    Gather: (call) => gather(call, 0),
    ConcatV2: (call) => {
      const last = call.inputs.length - 1;
      return tf.concat(tensors(call, 0, last), axisOf(call, last));
    },
    Concat: (call) => tf.concat(tensors(call, 1), axisOf(call, 0)),
    Pack: (call) => tf.stack(tensors(call), call.integer('axis', 0)),
    Unpack: (call) => tf.unstack(call.plain(0), call.integer('axis', 0)),
    Split: (call) => tf.split(call.plain(1), integer(call, 'num_split', 1, 1, 10_000), axisOf(call, 0)),
    SplitV: (call) => tf.split(call.plain(0), integers(call, 1, 'sizes', -1, maxElements), axisOf(call, 2)),
    Pad: (call) => tf.pad(call.plain(0), paddings(call)),
    PadV2: (call) => tf.pad(call.plain(0), paddings(call), number(call, 2, 'value')),
    MirrorPad: (call) => {
      const mode = call.text('mode', '').toLowerCase();
      if (mode !== 'reflect' && mode !== 'symmetric') throw call.damaged('its mode is unknown');
      return tf.mirrorPad(call.plain(0), paddings(call), mode);
    },
    Tile: (call) => {
      const x = call.plain(0);
      const repeats = integers(call, 1, 'repeats', 1, maxElements);
      call.reserve(repeats.map((count, axis) => count * (x.shape[axis] ?? 1)));
      return tf.tile(x, repeats);
    },
    BroadcastTo: (call) => tf.broadcastTo(call.plain(0), shape(call, 1, 1)),
    SpaceToBatchND: (call) =>
      tf.spaceToBatchND(call.plain(0), integers(call, 1, 'block', 1, 1024), pairs(call, 2, 'paddings')),
    BatchToSpaceND: (call) =>
      tf.batchToSpaceND(call.plain(0), integers(call, 1, 'block', 1, 1024), pairs(call, 2, 'crops')),
    DepthToSpace: (call) => {
      const block = integer(call, 'block_size', 2, 2, 1024);
      if (call.text('data_format', 'NHWC') !== 'NHWC') throw call.unsupported('of NCHW data');
      return tf.depthToSpace(rank4(call, call.plain(0)), block);
    },
  }),
};

function gather(call: NodeCall, axis: number, batchDims?: number): tf.Tensor {
  return tf.gather(call.plain(0), tf.cast(call.plain(1), 'int32'), axis, batchDims);
}

function axisOf(call: NodeCall, index: number): number {
  const [axis = 0] = integers(call, index, 'axis', ...axisRange);
  return axis;
}

function squeeze(call: NodeCall): tf.Tensor {
  const axes = checked(call, call.integers('squeeze_dims') ?? call.integers('axis') ?? [], ...axisRange);
  return tf.squeeze(call.plain(0), axes.length > 0 ? axes : undefined);
}

function stridedSlice(call: NodeCall): tf.Tensor {
  const [begin, end, strides] = [
    numbers(call, 1, 'begin'),
    numbers(call, 2, 'end'),
    numbers(call, 3, 'strides'),
  ];
  if (begin.length !== end.length || begin.length !== strides.length || strides.includes(0)) {
    throw call.damaged('begin, end and strides do not fit each other');
  }
  const mask = (name: string): number => integer(call, name, 0, 0, 2 ** 16);
  return tf.stridedSlice(
    call.plain(0),
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

function paddings(call: NodeCall): [number, number][] {
  const found = pairs(call, 1, 'paddings');
  const sizes = call.shape(0);
  if (found.length !== sizes.length) throw call.damaged(`${found.length} paddings for ${sizes.length} axes`);
  call.reserve(found.map(([before, after], axis) => before + after + (sizes[axis] ?? 1)));
  return found;
}

function pairs(call: NodeCall, index: number, what: string): [number, number][] {
  const values = integers(call, index, what, 0, 65_536);
  if (values.length % 2 !== 0) throw call.damaged('there is an odd number of paddings');
  return Array.from({ length: values.length / 2 }, (_, i) => [values[2 * i] ?? 0, values[2 * i + 1] ?? 0]);
}
