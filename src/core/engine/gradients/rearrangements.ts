import * as tf from '@tensorflow/tfjs';
import { sizeOf } from '../arrays/nd-array';
import { stridedSizes } from './strided-sizes';
import { gradient, saved } from './gradient';

/** TF.js's own gradients of these are missing or wrong (MirrorPad's drops what the border receives). */
export function registerRearrangementGradients(): void {
  gradient<tf.MirrorPadAttrs>('MirrorPad', {
    inputs: ['x'],
    of: (dy, tensors, { paddings, mode }) => {
      const { shape } = saved(tensors, 0);
      return [
        () =>
          shape.reduce((sum, size, axis) => {
            const [before, after] = paddings[axis] ?? [0, 0];
            return folded(sum, { axis, size, before, after, border: mode === 'reflect' ? 0 : 1 });
          }, dy),
      ];
    },
  });
  gradient<tf.DepthToSpaceAttrs>('DepthToSpace', {
    inputs: ['x'],
    of: (dy, tensors, { blockSize: b }) => {
      const [n = 1, h = 1, w = 1, c = 1] = saved(tensors, 0).shape;
      const cells = (): tf.Tensor => tf.reshape(dy, [n, h, b, w, b, c / (b * b)]);
      return [() => tf.reshape(tf.transpose(cells(), [0, 1, 3, 2, 4, 5]), [n, h, w, c])];
    },
  });
  gradient('FlipLeftRight', { inputs: ['image'], of: (dy) => [() => tf.reverse(dy, 2)] });
  gradient<tf.StridedSliceAttrs>('StridedSlice', {
    inputs: ['x'],
    of: (dy, tensors, a) => {
      const { shape } = saved(tensors, 0);
      const { begin, end, strides } = tf.slice_util.sliceInfo(
        shape,
        a.begin,
        a.end,
        a.strides,
        a.beginMask,
        a.endMask,
        a.ellipsisMask,
        a.newAxisMask,
        a.shrinkAxisMask,
      );
      const sizes = stridedSizes({ begin, end, strides });
      return [
        () =>
          shape.reduce<tf.Tensor>(
            (sum, size, axis) => spread(sum, axis, size, begin[axis] ?? 0, strides[axis] ?? 1),
            tf.reshape(dy, sizes),
          ),
      ];
    },
  });
  // TF.js's knows four dimensions at most, and adds up one slice for each copy.
  gradient<tf.TileAttrs>('Tile', {
    inputs: ['x'],
    of: (dy, tensors, { reps }) => {
      const { shape } = saved(tensors, 0);
      return [() => shape.reduce((sum, size, axis) => gathered(sum, axis, size, reps[axis] ?? 1), dy)];
    },
  });
  // TF.js's transposes its result, unless the axis is the last one.
  gradient<tf.CumsumAttrs>('Cumsum', {
    inputs: ['x'],
    of: (dy, _, { axis, exclusive, reverse }) => [() => tf.cumsum(dy, axis, exclusive, !reverse)],
  });
}

/** Adds up the copies along an axis that holds `copies` of `size` elements. */
function gathered(dy: tf.Tensor, axis: number, size: number, copies: number): tf.Tensor {
  if (copies === 1) return dy;
  if (size === 1) return tf.sum(dy, axis, true);
  const [before, after] = [dy.shape.slice(0, axis), dy.shape.slice(axis + 1)];
  const parts = tf.reshape(dy, [sizeOf(before), copies, size, sizeOf(after)]);
  return tf.reshape(tf.sum(parts, 1), [...before, size, ...after]);
}

/** Puts the elements of an axis at `begin`, `begin + stride`, … of one with `size` elements, zeros elsewhere. */
function spread(dy: tf.Tensor, axis: number, size: number, begin: number, stride: number): tf.Tensor {
  const count = dy.shape[axis] ?? 1;
  const step = Math.abs(stride);
  const forward = stride < 0 ? tf.reverse(dy, axis) : dy;
  const first = stride < 0 ? begin + (count - 1) * stride : begin;
  const outer = sizeOf(dy.shape.slice(0, axis));
  const inner = sizeOf(dy.shape.slice(axis + 1));
  const cells = tf.pad(tf.reshape(forward, [outer, count, 1, inner]), [
    [0, 0],
    [0, 0],
    [0, step - 1],
    [0, 0],
  ]);
  const length = (count - 1) * step + 1;
  const run = tf.slice(tf.reshape(cells, [outer, count * step, inner]), [0, 0, 0], [outer, length, inner]);
  const whole = tf.pad(run, [
    [0, 0],
    [first, size - first - length],
    [0, 0],
  ]);
  return tf.reshape(whole, [...dy.shape.slice(0, axis), size, ...dy.shape.slice(axis + 1)]);
}

interface Fold {
  readonly axis: number;
  readonly size: number;
  readonly before: number;
  readonly after: number;
  /** 1 where the mirror repeats the border, 0 where it leaves it out. */
  readonly border: 0 | 1;
}

/** Adds the mirrored ends of an axis to where they were copied from. */
function folded(dy: tf.Tensor, { axis, size, before, after, border }: Fold): tf.Tensor {
  const part = (begin: number, count: number): tf.Tensor =>
    tf.slice(
      dy,
      dy.shape.map((_, i) => (i === axis ? begin : 0)),
      dy.shape.map((all, i) => (i === axis ? count : all)),
    );
  const mirrored = (begin: number, count: number, target: number): tf.Tensor =>
    tf.pad(
      tf.reverse(part(begin, count), axis),
      dy.shape.map((_, i) => (i === axis ? [target, size - target - count] : [0, 0])),
    );
  let sum = part(before, size);
  if (before > 0) sum = tf.add(sum, mirrored(0, before, 1 - border));
  if (after > 0) sum = tf.add(sum, mirrored(before + size, after, size - 1 - after + border));
  return sum;
}
