import type * as tf from '@tensorflow/tfjs';
import { NCHWC } from '../../graph/graph';
import type { Trace } from '../../tracing/trace';
import type { Value } from '../../tracing/value';
import { dims4 } from '../../tracing/value';
import type { Filter } from './filter-layout';
import { backwardTaps, blockedBackwardFilter, filterTaps } from './filter-layout';
import { portableConvolution } from './portable-convolution';
import { winogradConvolution, winogradFilters, winogradPays } from './winograd';

/** The filter taps that reach the inputs i = b (mod stride) along one axis, and how dy lines up with them. */
interface Residue {
  readonly taps: number[];
  /** Padding of dy; negative where dy is cropped. */
  readonly before: number;
  readonly after: number;
}

/**
 * Input i gets dy[o] * w[k] for i = o * stride - pad + k: for each residue of i this is a stride-1
 * correlation of dy with every stride-th tap, reversed. TF.js dilates at stride 1 only: one residue, dilated taps.
 */
function residues(
  { kernel, stride, dilation, pad }: { kernel: number; stride: number; dilation: number; pad: number },
  inputs: number,
  outputs: number,
): Residue[] {
  const count = Math.ceil(inputs / stride);
  return Array.from({ length: stride }, (_, b) => {
    const first = (b + pad) % stride;
    const shift = (b + pad - first) / stride;
    const taps: number[] = [];
    for (let k = first; k < kernel; k += stride) taps.push(k);
    return {
      taps: taps.reverse(),
      before: dilation * (taps.length - 1) - shift,
      after: count + shift - outputs,
    };
  });
}

/** dx of a convolution: one stride-1 Conv for each residue class of the input positions, interleaved. */
export function convolutionInputGradient(
  t: Trace,
  dy: Value,
  filter: Value,
  info: tf.backend_util.Conv2DInfo,
): Value {
  const { inHeight: h, inWidth: w, strideHeight: sh, strideWidth: sw } = info;
  const [dh, dw] = dilations(t, info);
  const { top, left } = info.padInfo;
  const rows = residues({ kernel: info.filterHeight, stride: sh, dilation: dh, pad: top }, h, info.outHeight);
  const columns = residues(
    { kernel: info.filterWidth, stride: sw, dilation: dw, pad: left },
    w,
    info.outWidth,
  );
  const weights: Filter = { name: t.plain(filter), shape: dims4(filter.shape) };
  const parts = rows.map((row) =>
    columns.map((column) => partialGradient(t, dy, weights, row, column, [dh, dw])),
  );

  const channels = t.padded(info.inChannels);
  const only = sh === 1 && sw === 1 ? parts[0]?.[0] : undefined;
  const name = only ?? interleave(t, parts, { n: info.batchSize, channels, h, w, sh, sw });
  if (!t.target.block) return t.imageValue('nchw', name, info.inShape);
  if (channels >= 2 * info.inChannels) {
    // Few real channels: the padding would cost more than it saves from here on.
    const attributes = { channels: info.inChannels };
    const reordered = t.graph.node('ReorderOutput', [name], attributes, { domain: NCHWC });
    return t.imageValue('nchw', reordered, info.inShape);
  }
  return t.imageValue('blocked', name, info.inShape);
}

/** The dilations of a convolution whose gradient is taken. Throws for what TF.js has no forward kernel for either. */
export function dilations(t: Trace, info: tf.backend_util.Conv2DInfo): [number, number] {
  const { dilationHeight, dilationWidth, strideHeight, strideWidth } = info;
  if (Math.max(dilationHeight, dilationWidth) > 1 && Math.max(strideHeight, strideWidth) > 1)
    throw t.unsupported('the gradient of a convolution with dilations and strides');
  return [dilationHeight, dilationWidth];
}

function partialGradient(
  t: Trace,
  dy: Value,
  filter: Filter,
  row: Residue,
  column: Residue,
  dilations: readonly [number, number],
): string | undefined {
  if (row.taps.length === 0 || column.taps.length === 0) return undefined;
  const minimal = winogradGradient(t, dy, filter, row, column, dilations);
  if (minimal !== undefined) return minimal;
  const taps = filterTaps(t, filter, row.taps, column.taps);
  const source = croppedGradient(t, dy, row, column);
  const pads = [row.before, column.before, row.after, column.after].map((pad) => Math.max(0, pad));
  const attributes = {
    group: 1,
    kernel_shape: taps.shape.slice(0, 2),
    pads,
    strides: [1, 1],
    dilations: [...dilations],
  };
  if (t.target.block) {
    const inputs = [t.blocked(source), blockedBackwardFilter(t, taps)];
    return t.graph.node('Conv', inputs, attributes, { domain: NCHWC });
  }
  const weights = t.graph.node('Transpose', [taps.name], { perm: [2, 3, 0, 1] });
  const [, height, width] = dims4(source.shape);
  const size = { inputs: taps.shape[3], outputs: taps.shape[2], height, width };
  const conv = portableConvolution(t, t.nchw(source), weights, attributes, size);
  return t.graph.node('Conv', conv.inputs, conv.attributes);
}

/** A stride-1 3x3 gradient as Winograd's minimal filtering, where that pays. */
function winogradGradient(
  t: Trace,
  dy: Value,
  filter: Filter,
  row: Residue,
  column: Residue,
  dilations: readonly [number, number],
): string | undefined {
  const is3x3 = row.taps.join() === '2,1,0' && column.taps.join() === '2,1,0';
  if (!t.target.block || !is3x3 || dilations.some((dilation) => dilation !== 1)) return undefined;
  const [n, height, width] = dims4(dy.shape);
  const [, , inputs, outputs] = filter.shape;
  const shape = {
    n,
    height,
    width,
    outHeight: height + row.before + row.after - 2,
    outWidth: width + column.before + column.after - 2,
    top: row.before,
    left: column.before,
    inputs: t.padded(outputs),
    outputs: t.padded(inputs),
  };
  if (!winogradPays(shape)) return undefined;
  const taps = backwardTaps(t, filter);
  const filters = winogradFilters(t, taps.name, {
    inputs: shape.inputs,
    outputs: shape.outputs,
    flipped: true,
  });
  return winogradConvolution(t, t.blocked(dy), filters, shape);
}

function croppedGradient(t: Trace, dy: Value, row: Residue, column: Residue): Value {
  const crops = [row.before, column.before, row.after, column.after].map((pad) => Math.min(0, pad));
  const [top = 0, left = 0, bottom = 0, right = 0] = crops;
  if (crops.every((crop) => crop === 0)) return dy;
  const [n, h, w, c] = dims4(dy.shape);
  const name = t.graph.node('Pad', [t.nchw(dy), t.graph.int64([0, 0, top, left, 0, 0, bottom, right])]);
  return t.imageValue('nchw', name, [n, h + top + bottom, w + left + right, c]);
}

interface InterleaveOptions {
  readonly n: number;
  readonly channels: number;
  readonly h: number;
  readonly w: number;
  readonly sh: number;
  readonly sw: number;
}

/** Puts part [b][d] at the rows b (mod sh) and columns d (mod sw); an absent part is zero. */
export function interleave(
  t: Trace,
  parts: readonly (readonly (string | undefined)[])[],
  o: InterleaveOptions,
): string {
  const { n, channels, h, w, sh, sw } = o;
  const block = t.target.block || 1;
  const planes = (n * channels) / block;
  const [u, v] = [Math.ceil(h / sh), Math.ceil(w / sw)];
  const rowSize = v * sw * block;
  const zeros = (shape: number[]): string =>
    t.graph.node('Expand', [t.graph.scalar(0), t.graph.int64(shape)]);
  const rows = parts.map((row) => {
    if (row.every((part) => part === undefined)) return undefined;
    const [first, ...rest] = row;
    const view = (name: string): string => t.reshape(name, [planes, u, v, block]);
    if (first && rest.every((part) => part === undefined)) {
      const end = t.graph.int64([0, 0, 0, 0, 0, 0, 0, block * (sw - 1)]);
      return t.reshape(t.graph.node('Pad', [view(first), end]), [planes, u, rowSize]);
    }
    const columns = row.map((part) => (part ? view(part) : zeros([planes, u, v, block])));
    return t.reshape(t.graph.node('Concat', columns, { axis: 3 }), [planes, u, rowSize]);
  });
  const [first, ...rest] = rows;
  let whole: string;
  if (first && rest.every((row) => row === undefined)) {
    whole = t.graph.node('Pad', [first, t.graph.int64([0, 0, 0, 0, 0, rowSize * (sh - 1)])]);
  } else {
    whole = t.graph.node(
      'Concat',
      rows.map((row) => row ?? zeros([planes, u, rowSize])),
      { axis: 2 },
    );
  }
  if (u * sh !== h || v * sw !== w) {
    whole = t.graph.node('Slice', [
      t.reshape(whole, [planes, u * sh, rowSize]),
      t.graph.int64([0, 0]),
      t.graph.int64([h, w * block]),
      t.graph.int64([1, 2]),
    ]);
  }
  return t.reshape(whole, [n, channels, h, w]);
}
