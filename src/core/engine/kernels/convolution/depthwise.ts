import type * as tf from '@tensorflow/tfjs';
import { NCHWC } from '../../graph/graph';
import type { Trace } from '../../tracing/trace';
import type { Value } from '../../tracing/value';
import { dims4 } from '../../tracing/value';
import { activate } from '../activation';
import { binary } from '../arithmetic';
import type { ConvolutionAttributes } from './convolution';
import { convAttributes, convolutionInfo } from './convolution';
import { lower, lowerMany } from '../lower';
import { portableConvolution } from './portable-convolution';

/** [height, width, C, M] to the grouped filter [C * M, 1, height, width]. */
function groupedFilter(t: Trace, filter: Value): string {
  const [kh, kw, c, m] = dims4(filter.shape);
  return t.reshape(t.graph.node('Transpose', [t.plain(filter)], { perm: [2, 3, 0, 1] }), [c * m, 1, kh, kw]);
}

function depthwise(t: Trace, x: Value, filter: Value, a: ConvolutionAttributes): Value {
  const info = convolutionInfo(t, x.shape, filter.shape, a, true);
  const [kh, kw, c, m] = dims4(filter.shape);
  const { block } = t.target;
  if (block && m === 1 && x.names.blocked !== undefined) {
    const padded = t.padded(c);
    let weights = t.plain(filter);
    if (padded !== c)
      weights = t.graph.node('Pad', [weights, t.graph.int64([0, 0, 0, 0, 0, 0, padded - c, 0])]);
    const split = t.reshape(weights, [kh, kw, padded / block, block]);
    const blocks = t.graph.node('Transpose', [split], { perm: [2, 0, 1, 3] });
    const inputs = [t.blocked(x), t.reshape(blocks, [padded, 1, kh, kw])];
    const attributes = convAttributes(info, padded);
    const name = t.graph.node('Conv', inputs, attributes, { domain: NCHWC });
    const result = t.imageValue('blocked', name, info.outShape);
    result.convolution = { inputs, attributes, domain: NCHWC };
    return result;
  }
  const size = { inputs: 1, outputs: m, height: info.inHeight, width: info.inWidth };
  const window = convAttributes(info, c);
  const { inputs, attributes } =
    c === 1
      ? portableConvolution(t, t.nchw(x), groupedFilter(t, filter), window, size)
      : { inputs: [t.nchw(x), groupedFilter(t, filter)], attributes: window };
  const result = t.imageValue('nchw', t.graph.node('Conv', inputs, attributes), info.outShape);
  result.convolution = { inputs, attributes, domain: '' };
  return result;
}

/** Extent of x that the windows visit, minus what x and its leading padding provide: may be negative. */
function trailing(info: tf.backend_util.Conv2DInfo): { bottom: number; right: number } {
  const { outHeight, outWidth, strideHeight, strideWidth, padInfo } = info;
  return {
    bottom: (outHeight - 1) * strideHeight + info.effectiveFilterHeight - info.inHeight - padInfo.top,
    right: (outWidth - 1) * strideWidth + info.effectiveFilterWidth - info.inWidth - padInfo.left,
  };
}

/**
 * A transposed convolution of each channel; with several outputs a channel, one for each and their sum
 * (the WebGPU provider computes groups of more than one output wrongly).
 */
function inputGradient(t: Trace, dy: Value, filter: Value, info: tf.backend_util.Conv2DInfo): Value {
  const { filterHeight: kh, filterWidth: kw, strideHeight, strideWidth, padInfo } = info;
  const [, , c, m] = dims4(filter.shape);
  const [n, oh, ow] = dims4(dy.shape);
  const attributes = {
    group: c,
    kernel_shape: [kh, kw],
    strides: [strideHeight, strideWidth],
    dilations: [info.dilationHeight, info.dilationWidth],
  };
  const taps = groupedFilter(t, filter);
  const part = (name: string, shape: readonly number[], axis: number, index: number): string => {
    const bounds = [[index], [index + 1], [axis]].map((list) => t.graph.int64(list));
    return t.reshape(t.graph.node('Slice', [name, ...bounds]), shape.toSpliced(axis, 1));
  };
  const multiplied = (name: string, shape: readonly number[], axis: number): string[] => {
    if (m === 1) return [name];
    const whole = t.reshape(name, shape);
    return Array.from({ length: m }, (_, index) => part(whole, shape, axis, index));
  };
  const gradients = multiplied(t.nchw(dy), [n, c, m, oh, ow], 2);
  const filters = multiplied(taps, [c, m, 1, kh, kw], 1);
  const full = gradients
    .map((gradient, i) => t.graph.node('ConvTranspose', [gradient, filters[i] ?? ''], attributes))
    .reduce((sum, term) => t.graph.node('Add', [sum, term]));
  const { bottom, right } = trailing(info);
  const pads = t.graph.int64([0, 0, -padInfo.top, -padInfo.left, 0, 0, -bottom, -right]);
  return t.imageValue('nchw', t.graph.node('Pad', [full, pads]), info.inShape);
}

/** One sum over batch and positions for each tap. */
function filterGradient(
  t: Trace,
  x: Value,
  dy: Value,
  info: tf.backend_util.Conv2DInfo,
  shape: number[],
): Value {
  const [kh, kw, c, m] = dims4(shape);
  const { outHeight: oh, outWidth: ow, strideHeight: sh, strideWidth: sw, padInfo } = info;
  const { dilationHeight: dh, dilationWidth: dw } = info;
  const { bottom, right } = trailing(info);
  const [n, h, w] = dims4(x.shape);
  let source = t.nchw(x);
  if (m > 1) {
    const repeated = t.graph.node('Expand', [
      t.reshape(source, [n, c, 1, h, w]),
      t.graph.int64([n, c, m, h, w]),
    ]);
    source = t.reshape(repeated, [n, c * m, h, w]);
  }
  source = t.graph.node('Pad', [
    source,
    t.graph.int64([0, 0, padInfo.top, padInfo.left, 0, 0, bottom, right]),
  ]);
  const taps: string[] = [];
  for (let i = 0; i < kh; i++) {
    for (let j = 0; j < kw; j++) {
      const tap = t.graph.node('Slice', [
        source,
        t.graph.int64([i * dh, j * dw]),
        t.graph.int64([i * dh + (oh - 1) * sh + 1, j * dw + (ow - 1) * sw + 1]),
        t.graph.int64([2, 3]),
        t.graph.int64([sh, sw]),
      ]);
      const product = t.graph.node('Mul', [tap, t.nchw(dy)]);
      taps.push(t.graph.node('ReduceSum', [product, t.graph.int64([0, 2, 3])], { keepdims: 0 }));
    }
  }
  return t.plainValue(t.reshape(t.graph.node('Concat', taps, { axis: 0 }), shape), shape);
}

export function registerDepthwise(): void {
  lower<'x' | 'filter', ConvolutionAttributes>(
    'DepthwiseConv2dNative',
    ['x', 'filter'],
    (t, { x, filter }, a) => depthwise(t, x, filter, a),
  );
  lowerMany<ConvolutionAttributes & { activation?: string; leakyreluAlpha?: number }>(
    'FusedDepthwiseConv2D',
    (t, { x, filter, bias, preluActivationWeights }, a) => {
      if (!x || !filter) throw t.unsupported('a fused depthwise convolution without input or filter');
      const y = depthwise(t, x, filter, a);
      const biased = bias ? binary(t, 'Add', y, bias) : y;
      return activate(t, biased, a.activation, { alpha: a.leakyreluAlpha, weights: preluActivationWeights });
    },
  );
  lower<'dy' | 'filter', ConvolutionAttributes & { inputShape: number[] }>(
    'DepthwiseConv2dNativeBackpropInput',
    ['dy', 'filter'],
    (t, { dy, filter }, a) =>
      inputGradient(t, dy, filter, convolutionInfo(t, a.inputShape, filter.shape, a, true)),
  );
  lower<'x' | 'dy', ConvolutionAttributes & { filterShape: number[] }>(
    'DepthwiseConv2dNativeBackpropFilter',
    ['x', 'dy'],
    (t, { x, dy }, a) =>
      filterGradient(t, x, dy, convolutionInfo(t, x.shape, a.filterShape, a, true), a.filterShape),
  );
}
