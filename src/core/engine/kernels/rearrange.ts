import type * as tf from '@tensorflow/tfjs';
import type { Trace } from '../tracing/trace';
import type { Value } from '../tracing/value';
import { dims4 } from '../tracing/value';
import { sizeOf } from '../arrays/nd-array';
import { lower } from './lower';
import { pad, reverse, slice } from './shape';

/** Splits `x` into `axes`, moves them, and joins them as `shape`. */
function rearranged(
  t: Trace,
  x: Value,
  axes: readonly number[],
  perm: readonly number[],
  shape: readonly number[],
): Value {
  if (x.fill !== undefined) return t.filled(x.fill, shape, x.dtype);
  const moved = t.graph.node('Transpose', [t.reshape(t.plain(x), axes)], { perm });
  return t.plainValue(t.reshape(moved, shape), shape, x.dtype);
}

/** [N, S1, …, Sm, rest] to [b1 … bm N, (S1 + paddings) / b1, …, rest]: each offset in a block is a batch of its own. */
function spaceToBatch(
  t: Trace,
  x: Value,
  blocks: readonly number[],
  paddings: readonly (readonly number[])[],
): Value {
  const m = blocks.length;
  const none = [0, 0];
  const padded = pad(t, x, [none, ...paddings, ...x.shape.slice(m + 1).map(() => none)], 0);
  const [n = 1, ...sizes] = padded.shape;
  const rest = sizes.slice(m);
  const cells = blocks.map((block, i) => (sizes[i] ?? 1) / block);
  const axes = [n, ...cells.flatMap((cell, i) => [cell, blocks[i] ?? 1]), ...rest];
  const perm = [
    ...blocks.map((_, i) => 2 * i + 2),
    0,
    ...blocks.map((_, i) => 2 * i + 1),
    ...rest.map((_, i) => 2 * m + 1 + i),
  ];
  return rearranged(t, padded, axes, perm, [n * sizeOf(blocks), ...cells, ...rest]);
}

/** Undoes `spaceToBatch`, then crops. */
function batchToSpace(
  t: Trace,
  x: Value,
  blocks: readonly number[],
  crops: readonly (readonly number[])[],
): Value {
  const m = blocks.length;
  const [batch = 1, ...sizes] = x.shape;
  const rest = sizes.slice(m);
  const n = batch / sizeOf(blocks);
  const cells = sizes.slice(0, m);
  const perm = [m, ...blocks.flatMap((_, i) => [m + 1 + i, i]), ...rest.map((_, i) => 2 * m + 1 + i)];
  const spread = cells.map((cell, i) => cell * (blocks[i] ?? 1));
  const whole = rearranged(t, x, [...blocks, n, ...sizes], perm, [n, ...spread, ...rest]);
  return slice(
    t,
    whole,
    [0, ...crops.map(([before = 0]) => before), ...rest.map(() => 0)],
    [n, ...spread.map((size, i) => size - (crops[i]?.[0] ?? 0) - (crops[i]?.[1] ?? 0)), ...rest],
  );
}

/** The source of each index of a mirrored axis. `reflect` leaves the border out, `symmetric` repeats it. */
function mirrored(size: number, [before = 0, after = 0]: readonly number[], mode: string): number[] {
  const border = mode === 'reflect' ? 0 : 1;
  return Array.from({ length: before + size + after }, (_, i) => {
    const index = i - before;
    if (index < 0) return -index - border;
    return index < size ? index : 2 * size - 2 - index + border;
  });
}

function mirrorPad(t: Trace, x: Value, { paddings, mode }: tf.MirrorPadAttrs): Value {
  const shape = x.shape.map((size, i) => size + (paddings[i]?.[0] ?? 0) + (paddings[i]?.[1] ?? 0));
  if (x.fill !== undefined) return t.filled(x.fill, shape, x.dtype);
  const axes = x.isImage ? [0, 2, 3, 1] : x.shape.map((_, i) => i);
  let name = x.isImage ? t.nchw(x) : t.plain(x);
  x.shape.forEach((size, i) => {
    const padding = paddings[i];
    if (!padding?.some((count) => count > 0)) return;
    name = t.graph.node('Gather', [name, t.graph.int64(mirrored(size, padding, mode))], {
      axis: axes[i] ?? i,
    });
  });
  return x.isImage ? t.imageValue('nchw', name, shape, x.dtype) : t.plainValue(name, shape, x.dtype);
}

export function registerRearrangements(): void {
  lower<'x', tf.SpaceToBatchNDAttrs>('SpaceToBatchND', ['x'], (t, { x }, { blockShape, paddings }) =>
    spaceToBatch(t, x, blockShape, paddings),
  );
  lower<'x', tf.BatchToSpaceNDAttrs>('BatchToSpaceND', ['x'], (t, { x }, { blockShape, crops }) =>
    batchToSpace(t, x, blockShape, crops),
  );
  lower<'x', tf.DepthToSpaceAttrs>('DepthToSpace', ['x'], (t, { x }, { blockSize: b, dataFormat }) => {
    if (dataFormat !== 'NHWC') throw t.unsupported(`DepthToSpace of ${dataFormat} data`);
    const [n, h, w, c] = dims4(x.shape);
    const rest = c / (b * b);
    return rearranged(t, x, [n, h, w, b, b, rest], [0, 1, 3, 2, 4, 5], [n, h * b, w * b, rest]);
  });
  lower<'x', tf.MirrorPadAttrs>('MirrorPad', ['x'], (t, { x }, a) => mirrorPad(t, x, a));
  lower('FlipLeftRight', ['image'], (t, { image }) => reverse(t, image, [2]));
}
