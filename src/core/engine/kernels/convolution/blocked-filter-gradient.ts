import type * as tf from '@tensorflow/tfjs';
import { NCHWC } from '../../graph/graph';
import type { Trace } from '../../tracing/trace';
import type { Value } from '../../tracing/value';
import { columnsFrom } from './blocked-columns';

/**
 * dw of a convolution as blocked convolutions: dw[i, j, c, k] sums x[n, h * stride + i, w * stride + j, c] *
 * dy[n, h, w, k] over n, h and w. Taken as a convolution over the rows of x, dy is the filter, pairs (n, w) are
 * the channels, c is the width, and k the outputs: so the inner loop runs over whole blocks, and the rows shift
 * as in any convolution. Columns don't, so each tap column j has a convolution of its own, with shifted columns.
 * Undefined where the shapes don't fit.
 */
export function blockedFilterGradient(
  t: Trace,
  x: Value,
  dy: Value,
  info: tf.backend_util.Conv2DInfo,
): Value | undefined {
  const plan = planFor(t, info);
  if (!plan) return undefined;
  const { filterHeight: kh, filterWidth: kw, inChannels: c, outChannels: k } = info;
  const taps: string[] = [];
  for (let j = 0; j < kw; j++) {
    const pixels = pixelColumns(t, x, info, plan, j);
    const filter = filterColumns(t, dy, info, plan, j);
    if (pixels === undefined || filter === undefined) return undefined;
    taps.push(tapColumn(t, pixels, filter, info, plan));
  }
  const joined = taps.length > 1 ? t.graph.node('Concat', taps, { axis: 1 }) : (taps[0] ?? '');
  const full = [kh, kw, plan.pixels, plan.outputs];
  const whole = t.reshape(joined, full);
  const name =
    plan.pixels === c && plan.outputs === k
      ? whole
      : t.graph.node('Slice', [whole, t.graph.int64([0, 0]), t.graph.int64([c, k]), t.graph.int64([2, 3])]);
  return t.plainValue(name, [kh, kw, c, k]);
}

/** How the sum over images and columns is cut into blocks of channels. */
interface Plan {
  /** Columns of x and dy that meet, zero columns at the end included. */
  readonly width: number;
  /** A block of channels is `images` images by `block / images` columns; a row has `blocks` such blocks. */
  readonly images: number;
  readonly blocks: number;
  /** Partial sums, added up at the end: without moving dy where each has one block of images. */
  readonly groups: number;
  /** Channels of x as stored: padded, but for few of them. */
  readonly pixels: number;
  /** Padded channels of dy. */
  readonly outputs: number;
  readonly narrow: boolean;
}

function planFor(t: Trace, info: tf.backend_util.Conv2DInfo): Plan | undefined {
  const { block } = t.target;
  const { batchSize: n, inChannels: c, outHeight, outWidth, filterHeight } = info;
  const narrow = c < block;
  if (!block || (narrow && info.strideWidth > 1)) return undefined;
  const columns = info.strideWidth === 1 ? info.inWidth : outWidth;
  // Columns up to a divisor of the block that the images can fill, or to whole blocks.
  let width = Math.ceil(columns / block) * block;
  for (let part = block / 2; part >= columns; part /= 2) if (n % (block / part) === 0) width = part;
  // x of few channels is not blocked: columns can't be added to it for free.
  if (narrow && width !== columns) return undefined;
  const images = Math.max(1, block / width);
  const blocks = Math.max(1, width / block);
  const [pixels, outputs] = [narrow ? c : t.padded(c), t.padded(info.outChannels)];
  const sets = n / images;
  // One block of images a group writes more partial sums but leaves dy where it is.
  const inPlace = images === 1 && 2 * filterHeight * pixels <= outHeight * width;
  return {
    width,
    images,
    blocks,
    groups: inPlace ? sets : fewGroups(sets, info, outputs),
    pixels,
    outputs,
    narrow,
  };
}

/** Enough groups to keep threads busy: ONNX Runtime parallelizes over groups, 4 blocks of outputs, and rows. */
function fewGroups(sets: number, info: tf.backend_util.Conv2DInfo, outputs: number): number {
  const tasks = info.filterHeight * Math.ceil(outputs / 64);
  for (let groups = 1; groups < sets; groups++) {
    if (sets % groups === 0 && groups * tasks >= 6) return groups;
  }
  return sets;
}

/** x as [1, (image, column) channels, rows, pixels * blocks of columns], columns taken for tap j. */
function pixelColumns(
  t: Trace,
  x: Value,
  info: tf.backend_util.Conv2DInfo,
  plan: Plan,
  j: number,
): string | undefined {
  const { block } = t.target;
  const { batchSize: n, inHeight: h } = info;
  const { width, images, pixels, blocks } = plan;
  const sets = n / images;
  const shape = [1, sets * block, h, pixels * blocks];
  if (plan.narrow) {
    const rows = t.reshape(t.nchw(x), [sets, images, pixels, h, width]);
    return t.reshape(t.graph.node('Transpose', [rows], { perm: [0, 3, 2, 1, 4] }), shape);
  }
  const { strideWidth, dilationWidth } = info;
  const from = strideWidth === 1 ? 0 : dilationWidth * j - info.padInfo.left;
  const source = columnsFrom(t, t.blocked(x), pixels, {
    from,
    step: strideWidth,
    available: info.inWidth,
    width,
  });
  if (source === undefined) return undefined;
  // Each row of an image set as an image of its own: the reorder then yields [sets, rows, channels, columns].
  const rows = moved(t, source, [sets, images, pixels / block, h, width * block], [0, 3, 2, 1, 4]);
  const reordered = t.graph.node(
    'ReorderOutput',
    [t.reshape(rows, [sets * h, pixels, images, width])],
    { channels: pixels },
    { domain: NCHWC },
  );
  return t.reshape(reordered, shape);
}

/** dy as the filter [groups * outputs, channels of a group, rows, blocks of columns] of tap j. */
function filterColumns(
  t: Trace,
  dy: Value,
  info: tf.backend_util.Conv2DInfo,
  plan: Plan,
  j: number,
): string | undefined {
  const { block } = t.target;
  const { batchSize: n, outHeight: h, outWidth, strideWidth } = info;
  const { width, images, blocks, groups, outputs } = plan;
  const offset = strideWidth === 1 ? info.dilationWidth * j - info.padInfo.left : 0;
  const source = columnsFrom(t, t.blocked(dy), outputs, {
    from: -offset,
    step: 1,
    available: outWidth,
    width,
  });
  if (source === undefined) return undefined;
  const each = n / images / groups;
  const split = [groups, each, images, outputs / block, h, width * block];
  const filter = moved(t, source, split, [0, 3, 1, 4, 2, 5]);
  return t.reshape(filter, [groups * outputs, each * block, h, blocks]);
}

/** One column of taps: [rows of taps, 1, pixels, outputs]. */
function tapColumn(
  t: Trace,
  pixels: string,
  filter: string,
  info: tf.backend_util.Conv2DInfo,
  plan: Plan,
): string {
  const { block } = t.target;
  const { filterHeight: kh, inHeight, outHeight, strideHeight, dilationHeight } = info;
  const { blocks, groups, outputs } = plan;
  const { top } = info.padInfo;
  const reach = strideHeight * (outHeight - 1) + 1;
  const bottom = Math.max(0, dilationHeight * (kh - 1) + reach - inHeight - top);
  const rows = Math.floor((inHeight + top + bottom - reach) / dilationHeight) + 1;
  const attributes = {
    group: groups,
    kernel_shape: [outHeight, blocks],
    pads: [top, 0, bottom, 0],
    strides: [dilationHeight, blocks],
    dilations: [strideHeight, 1],
  };
  const sums = t.graph.node('Conv', [pixels, filter], attributes, { domain: NCHWC });
  const parts = t.reshape(sums, [groups, outputs / block, rows, plan.pixels, block]);
  const total =
    groups > 1
      ? t.graph.node('ReduceSum', [parts, t.graph.int64([0])], { keepdims: 0 })
      : t.reshape(parts, [outputs / block, rows, plan.pixels, block]);
  let taps = t.graph.node('Transpose', [total], { perm: [1, 2, 0, 3] });
  if (rows > kh) taps = t.graph.node('Slice', [taps, t.graph.int64([0]), t.graph.int64([kh])]);
  return t.reshape(taps, [kh, 1, plan.pixels, outputs]);
}

/** A transposition, or just the new shape where only axes of size 1 change places. */
function moved(t: Trace, name: string, shape: readonly number[], perm: readonly number[]): string {
  const real = perm.filter((axis) => shape[axis] !== 1);
  const stays = real.every((axis, i) => i === 0 || axis > (real[i - 1] ?? 0));
  return stays ? name : t.graph.node('Transpose', [t.reshape(name, shape)], { perm });
}
