import * as tf from '@tensorflow/tfjs';
import type { Attributes } from '../../graph/graph';
import { NCHWC } from '../../graph/graph';
import type { Trace } from '../../tracing/trace';
import type { Value } from '../../tracing/value';
import { channelsFirst, dims4 } from '../../tracing/value';
import { activate } from '../activation';
import { binary } from '../arithmetic';
import { convolutionFilterGradient } from './convolution-filter-gradient';
import { convolutionInputGradient } from './convolution-input-gradient';
import { blockedFilter, forwardTaps, stemFilter } from './filter-layout';
import { lower, lowerMany } from '../lower';
import { portableConvolution } from './portable-convolution';
import type { WinogradShape } from './winograd';
import { winogradConvolution, winogradFilters, winogradPays } from './winograd';

export interface ConvolutionAttributes {
  readonly strides: [number, number] | number;
  readonly pad: 'valid' | 'same' | number | tf.backend_util.ExplicitPadding;
  readonly dataFormat?: string;
  readonly dilations?: [number, number] | number;
  readonly dimRoundingMode?: 'floor' | 'round' | 'ceil';
}

export function convolutionInfo(
  t: Trace,
  xShape: readonly number[],
  filterShape: readonly number[],
  a: ConvolutionAttributes,
  depthwise = false,
): tf.backend_util.Conv2DInfo {
  if (a.dataFormat && a.dataFormat !== 'NHWC') throw t.unsupported(`a convolution of ${a.dataFormat} data`);
  const info = tf.backend_util.computeConv2DInfo(
    dims4(xShape),
    dims4(filterShape),
    a.strides,
    a.dilations ?? 1,
    a.pad,
    a.dimRoundingMode,
    depthwise,
  );
  return withinInput(info);
}

/**
 * Where there is one output only, nothing depends on the stride; one that is larger than the input would cost gradients
 * memory and time, which grow with it.
 */
export function withinInput(info: tf.backend_util.Conv2DInfo): tf.backend_util.Conv2DInfo {
  const { strideHeight, strideWidth, inHeight, inWidth } = info;
  return {
    ...info,
    strideHeight: info.outHeight === 1 ? Math.min(strideHeight, Math.max(1, inHeight)) : strideHeight,
    strideWidth: info.outWidth === 1 ? Math.min(strideWidth, Math.max(1, inWidth)) : strideWidth,
  };
}

/**
 * Padding [top, left, bottom, right] for the output size that TF.js computes: its own padding, or more where
 * it rounds up, and where it takes the height of a kernel for its width (numeric padding, oblong kernels).
 */
export function padsOf(info: tf.backend_util.Conv2DInfo): number[] {
  const { top, left, bottom, right } = info.padInfo;
  const { outHeight, outWidth, strideHeight, strideWidth } = info;
  const tall = (outHeight - 1) * strideHeight + info.effectiveFilterHeight - info.inHeight - top;
  const wide = (outWidth - 1) * strideWidth + info.effectiveFilterWidth - info.inWidth - left;
  return [top, left, Math.max(bottom, tall), Math.max(right, wide)];
}

/** ONNX attributes of the forward convolution. */
export function convAttributes(
  info: tf.backend_util.Conv2DInfo,
  group = 1,
): { group: number; kernel_shape: number[]; pads: number[]; strides: number[]; dilations: number[] } {
  return {
    group,
    kernel_shape: [info.filterHeight, info.filterWidth],
    pads: padsOf(info),
    strides: [info.strideHeight, info.strideWidth],
    dilations: [info.dilationHeight, info.dilationWidth],
  };
}

/** The convolution as Winograd's minimal filtering can do it, where that pays. */
function winogradShape(t: Trace, info: tf.backend_util.Conv2DInfo): WinogradShape | undefined {
  const is3x3 = info.filterHeight === 3 && info.filterWidth === 3;
  const steps = [info.strideHeight, info.strideWidth, info.dilationHeight, info.dilationWidth];
  if (!t.target.block || !is3x3 || steps.some((step) => step !== 1)) return undefined;
  const shape = {
    n: info.batchSize,
    height: info.inHeight,
    width: info.inWidth,
    outHeight: info.outHeight,
    outWidth: info.outWidth,
    top: info.padInfo.top,
    left: info.padInfo.left,
    inputs: t.padded(info.inChannels),
    outputs: t.padded(info.outChannels),
  };
  return info.inChannels >= t.target.block && winogradPays(shape) ? shape : undefined;
}

export function convolution(t: Trace, x: Value, filter: Value, a: ConvolutionAttributes): Value {
  const info = convolutionInfo(t, x.shape, filter.shape, a);
  const shape = dims4(filter.shape);
  const weights = { name: t.plain(filter), shape };
  let attributes: Attributes = convAttributes(info);
  const { block } = t.target;
  let inputs: string[];
  const winograd = winogradShape(t, info);
  if (winograd) {
    const taps = forwardTaps(t, weights);
    const filters = winogradFilters(t, taps.name, { ...taps, flipped: false });
    return t.imageValue('blocked', winogradConvolution(t, t.blocked(x), filters, winograd), info.outShape);
  }
  if (!block) {
    const taps = t.graph.node('Transpose', [weights.name], { perm: [3, 2, 0, 1] });
    const size = { inputs: shape[2], outputs: shape[3], height: info.inHeight, width: info.inWidth };
    ({ inputs, attributes } = portableConvolution(t, t.nchw(x), taps, convAttributes(info), size));
  } else if (shape[2] < block && x.names.blocked === undefined) {
    inputs = [t.nchw(x), stemFilter(t, weights)];
  } else {
    inputs = [t.blocked(x), blockedFilter(t, weights)];
  }
  const domain = block ? NCHWC : '';
  const name = t.graph.node('Conv', inputs, attributes, { domain });
  const result = t.imageValue(block ? 'blocked' : 'nchw', name, info.outShape);
  result.convolution = { inputs, attributes, domain };
  return result;
}

/** NCHW data under its NHWC shape: an image that is in NCHW order already. */
function channelsLast(t: Trace, x: Value): Value {
  const [n, c, h, w] = dims4(x.shape);
  const shape = [n, h, w, c];
  return x.fill === undefined
    ? t.imageValue('nchw', t.plain(x), shape, x.dtype)
    : t.filled(x.fill, shape, x.dtype);
}

function channelsFirstOf(t: Trace, y: Value): Value {
  return t.plainValue(t.nchw(y), channelsFirst(y.shape), y.dtype);
}

/** The attributes of the same convolution of NHWC data. */
function nhwc<A extends ConvolutionAttributes>(a: A): A {
  if (!Array.isArray(a.pad)) return { ...a, dataFormat: 'NHWC' };
  const [batch, channels, rows, columns] = a.pad;
  return { ...a, dataFormat: 'NHWC', pad: [batch, rows, columns, channels] };
}

const isNchw = ({ dataFormat }: ConvolutionAttributes): boolean => dataFormat === 'NCHW';

export function registerConvolution(): void {
  lower<'x' | 'filter', ConvolutionAttributes>('Conv2D', ['x', 'filter'], (t, { x, filter }, a) =>
    isNchw(a)
      ? channelsFirstOf(t, convolution(t, channelsLast(t, x), filter, nhwc(a)))
      : convolution(t, x, filter, a),
  );
  lowerMany<ConvolutionAttributes & { activation: string; leakyreluAlpha?: number }>(
    'FusedConv2D',
    (t, { x, filter, bias, preluActivationWeights }, a) => {
      if (!x || !filter) throw t.unsupported('a fused convolution without input or filter');
      const y = convolution(t, x, filter, a);
      const biased = bias ? binary(t, 'Add', y, bias) : y;
      return activate(t, biased, a.activation, { alpha: a.leakyreluAlpha, weights: preluActivationWeights });
    },
  );
  lower<'dy' | 'filter', ConvolutionAttributes & { inputShape: number[] }>(
    'Conv2DBackpropInput',
    ['dy', 'filter'],
    (t, { dy, filter }, a) => {
      if (!isNchw(a)) {
        const info = convolutionInfo(t, a.inputShape, filter.shape, a);
        return convolutionInputGradient(t, dy, filter, info);
      }
      const [n, c, h, w] = dims4(a.inputShape);
      const info = convolutionInfo(t, [n, h, w, c], filter.shape, nhwc(a));
      return channelsFirstOf(t, convolutionInputGradient(t, channelsLast(t, dy), filter, info));
    },
  );
  lower<'x' | 'dy', ConvolutionAttributes & { filterShape: number[] }>(
    'Conv2DBackpropFilter',
    ['x', 'dy'],
    (t, { x, dy }, a) => {
      const [image, gradient] = isNchw(a) ? [channelsLast(t, x), channelsLast(t, dy)] : [x, dy];
      const info = convolutionInfo(t, image.shape, a.filterShape, isNchw(a) ? nhwc(a) : a);
      return convolutionFilterGradient(t, image, gradient, info);
    },
  );
}
