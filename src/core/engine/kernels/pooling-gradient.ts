import type * as tf from '@tensorflow/tfjs';
import { NCHWC } from '../graph/graph';
import { sizeOf } from '../arrays/nd-array';
import type { Trace } from '../tracing/trace';
import type { Value } from '../tracing/value';
import { channelsFirst } from '../tracing/value';
import { stepOf } from './arithmetic';
import { depthwise1x1 } from './channel-affine';
import { padsOf } from './convolution/convolution';

/** Windows that tile the input exactly: every input belongs to one window. */
function tiles(info: tf.backend_util.Conv2DInfo): boolean {
  const { top, left, bottom, right } = info.padInfo;
  return (
    top + left + bottom + right === 0 &&
    info.filterHeight === info.strideHeight &&
    info.filterWidth === info.strideWidth &&
    info.inHeight === info.outHeight * info.strideHeight &&
    info.inWidth === info.outWidth * info.strideWidth
  );
}

/** dx of max-pooling: each dy goes to the first maximum of its window, in row-major order. */
export function maxPoolGradient(
  t: Trace,
  dy: Value,
  x: Value,
  y: Value,
  info: tf.backend_util.Conv2DInfo,
): Value {
  if (tiles(info) && info.filterHeight === 2 && info.filterWidth === 2) return pairwise(t, dy, x, y, info);
  // Only the CPU provider has MaxPool's second output and a ScatterElements that adds.
  return t.target.provider === undefined ? byIndices(t, dy, x, info) : byTaps(t, dy, x, info);
}

/** Any window: MaxPool says where its maxima were, the first of equal ones, and dy is added there. */
function byIndices(t: Trace, dy: Value, x: Value, info: tf.backend_util.Conv2DInfo): Value {
  const attributes = {
    kernel_shape: [info.filterHeight, info.filterWidth],
    strides: [info.strideHeight, info.strideWidth],
    pads: padsOf(info),
  };
  const [, indices = ''] = t.graph.nodes('MaxPool', [t.nchw(x)], 2, attributes);
  const flat = (name: string): string => t.reshape(name, [-1]);
  const zeros = t.graph.node('Expand', [t.graph.scalar(0), t.graph.int64([sizeOf(info.inShape)])]);
  const sums = t.graph.node('ScatterElements', [zeros, flat(indices), flat(t.nchw(dy))], {
    reduction: 'add',
  });
  return t.imageValue('nchw', t.reshape(sums, channelsFirst(info.inShape)), info.inShape);
}

/**
 * 2x2 windows: the maximum as a tree, first over each pair of columns, then over each pair of rows; dy walks
 * back down the tree. Works on NCHW and blocked data alike, on contiguous views.
 */
function pairwise(t: Trace, dy: Value, x: Value, y: Value, info: tf.backend_util.Conv2DInfo): Value {
  const blocked = t.target.block > 0 && x.names.blocked !== undefined;
  const layout = blocked ? 'blocked' : 'nchw';
  const block = blocked ? t.target.block : 1;
  const channels = blocked ? t.padded(info.inChannels) : info.inChannels;
  const planes = (info.batchSize * channels) / block;
  const { outHeight: h, outWidth: w } = info;
  const node = (op: string, ...inputs: string[]): string => t.graph.node(op, inputs);
  const pooled = t.inLayout(y, layout);
  let gradient = t.inLayout(dy, layout);
  // What a ReLU before the pooling would cut is cheaper to cut here, on a quarter of the elements.
  if (x.isRelu) gradient = node('Mul', gradient, stepOf(t, pooled));

  const { left, rowMaximum, top } = (blocked ? blockedTree : planarTree)(
    t,
    t.inLayout(x, layout),
    channels,
    info,
  );
  /** dy where the first of two is the maximum, and the rest of it; halves of the input, shaped for Concat. */
  const split = (first: string, most: string, from: string, shape: number[]): string => {
    const [a, b, g] = [first, most, from].map((name) => t.reshape(name, shape));
    const toFirst = node('Mul', g ?? '', t.cast(node('GreaterOrEqual', a ?? '', b ?? ''), 'float32'));
    return t.graph.node('Concat', [toFirst, node('Sub', g ?? '', toFirst)], { axis: 1 });
  };
  const rowGradient = split(top, pooled, gradient, [planes * h, 1, w * block]);
  const name = split(left, rowMaximum, rowGradient, [planes * h * 2 * w, 1, block]);
  const result = t.imageValue(
    layout,
    t.reshape(name, [info.batchSize, channels, info.inHeight, info.inWidth]),
    info.inShape,
  );
  if (x.isRelu) result.maskedBy = x;
  return result;
}

/** The left column of each pair, the maximum of each pair, and that of the upper row of each pair of rows. */
interface PoolTree {
  readonly left: string;
  readonly rowMaximum: string;
  readonly top: string;
}

/** On blocked data pooling finds the maxima, and depthwise convolutions that copy find the first of each pair. */
function blockedTree(t: Trace, x: string, channels: number): PoolTree {
  const one = t.graph.node('Expand', [t.graph.scalar(1), t.graph.int64([channels, 1, 1, 1])]);
  const everySecond = (name: string, strides: number[]): string =>
    t.graph.node('Conv', [name, one], { ...depthwise1x1(channels), strides }, { domain: NCHWC });
  const pool = { kernel_shape: [1, 2], strides: [1, 2], pads: [0, 0, 0, 0] };
  const rowMaximum = t.graph.node('MaxPool', [x], pool, { domain: NCHWC });
  return { left: everySecond(x, [1, 2]), rowMaximum, top: everySecond(rowMaximum, [2, 1]) };
}

function planarTree(t: Trace, x: string, channels: number, info: tf.backend_util.Conv2DInfo): PoolTree {
  const { outHeight: h, outWidth: w } = info;
  const planes = info.batchSize * channels;
  const halves = (name: string, shape: number[]): string[] =>
    t.graph.nodes('Split', [t.reshape(name, shape)], 2, { axis: 1 });
  const [left = '', right = ''] = halves(x, [planes * h * 2 * w, 2, 1]);
  const rowMaximum = t.graph.node('Max', [left, right]);
  const [top = ''] = halves(rowMaximum, [planes * h, 2, w]);
  return { left, rowMaximum, top };
}

/** Any window: for each tap, dy where the tap holds the maximum and no earlier tap did, put back in its place. */
function byTaps(t: Trace, dy: Value, x: Value, info: tf.backend_util.Conv2DInfo): Value {
  const {
    filterHeight: kh,
    filterWidth: kw,
    strideHeight: sh,
    strideWidth: sw,
    outHeight: oh,
    outWidth: ow,
  } = info;
  const { top, left } = info.padInfo;
  const bottom = (oh - 1) * sh + kh - info.inHeight - top;
  const right = (ow - 1) * sw + kw - info.inWidth - left;
  const node = (op: string, ...inputs: string[]): string => t.graph.node(op, inputs);
  const pads = t.graph.int64([0, 0, top, left, 0, 0, bottom, right]);
  const source = node('Pad', t.nchw(x), pads, t.graph.scalar(-3.4e38));
  const attributes = { kernel_shape: [kh, kw], strides: [sh, sw] };
  const maximum = t.graph.node('MaxPool', [source], attributes);
  const gradient = t.nchw(dy);
  let open: string | undefined;
  let sum: string | undefined;
  for (let i = 0; i < kh; i++) {
    for (let j = 0; j < kw; j++) {
      const tap = node(
        'Slice',
        source,
        t.graph.int64([i, j]),
        t.graph.int64([i + (oh - 1) * sh + 1, j + (ow - 1) * sw + 1]),
        t.graph.int64([2, 3]),
        t.graph.int64([sh, sw]),
      );
      let hit = t.cast(node('Equal', tap, maximum), 'float32');
      if (open) hit = node('Mul', hit, open);
      open = node('Sub', open ?? t.graph.scalar(1), hit);
      const placed = place(t, node('Mul', hit, gradient), info, i, j);
      sum = sum ? node('Add', sum, placed) : placed;
    }
  }
  return t.imageValue('nchw', sum ?? '', info.inShape);
}

/** Spreads [N, C, oh, ow] over the input grid: element (u, v) at (u * stride + tap - pad). */
function place(t: Trace, name: string, info: tf.backend_util.Conv2DInfo, i: number, j: number): string {
  const { batchSize, inChannels, strideHeight: sh, strideWidth: sw, outHeight: oh, outWidth: ow } = info;
  let spread = name;
  if (sh > 1 || sw > 1) {
    const cells = t.reshape(name, [batchSize * inChannels, oh, 1, ow, 1]);
    const zeros = t.graph.int64([0, 0, 0, 0, 0, 0, 0, sh - 1, 0, sw - 1]);
    spread = t.reshape(t.graph.node('Pad', [cells, zeros]), [batchSize, inChannels, oh * sh, ow * sw]);
  }
  const top = i - info.padInfo.top;
  const left = j - info.padInfo.left;
  const pads = [0, 0, top, left, 0, 0, info.inHeight - oh * sh - top, info.inWidth - ow * sw - left];
  return t.graph.node('Pad', [spread, t.graph.int64(pads)]);
}

/** dx of average-pooling: dy over the number of real inputs of its window, to each of them. */
export function averagePoolGradient(t: Trace, dy: Value, info: tf.backend_util.Conv2DInfo): Value {
  const {
    filterHeight: kh,
    filterWidth: kw,
    strideHeight: sh,
    strideWidth: sw,
    outHeight: oh,
    outWidth: ow,
  } = info;
  const { top, left } = info.padInfo;
  if (tiles(info) && t.target.block > 0 && 2 * info.inChannels > t.padded(info.inChannels)) {
    const scaled = t.graph.node('Mul', [t.blocked(dy), t.graph.scalar(1 / (kh * kw))]);
    const attributes = { scales: [1, 1, sh, sw], mode: 'nearest' };
    return t.imageValue(
      'blocked',
      t.graph.node('Upsample', [scaled], attributes, { domain: NCHWC }),
      info.inShape,
    );
  }
  const inside = (start: number, size: number, limit: number): number =>
    Math.min(start + size, limit) - Math.max(start, 0);
  const shares = Float32Array.from({ length: oh * ow }, (_, index) => {
    const rows = inside(Math.floor(index / ow) * sh - top, kh, info.inHeight);
    const columns = inside((index % ow) * sw - left, kw, info.inWidth);
    return 1 / (rows * columns);
  });
  const share = t.graph.node('Mul', [t.nchw(dy), t.graph.tensor(shares, [1, 1, oh, ow], 'float32')]);
  const ones = t.graph.node('Expand', [t.graph.scalar(1), t.graph.int64([info.inChannels, 1, kh, kw])]);
  // The transposed convolution covers what the windows cover; the rest of the input has no gradient.
  const full = t.graph.node('ConvTranspose', [share, ones], {
    group: info.inChannels,
    kernel_shape: [kh, kw],
    strides: [sh, sw],
  });
  const [, , h = 1, w = 1] = channelsFirst(info.inShape);
  const bottom = h - ((oh - 1) * sh + kh) + top;
  const right = w - ((ow - 1) * sw + kw) + left;
  const pads = t.graph.int64([0, 0, -top, -left, 0, 0, bottom, right]);
  return t.imageValue('nchw', t.graph.node('Pad', [full, pads]), info.inShape);
}
