import * as tf from '@tensorflow/tfjs';
import { registerGradients } from '../../../../engine/gradients/register';
import type { NodeCall } from '../../node-call';
import { imageValue, isImage, type TensorValue } from '../../value';
import { operators } from '../../operator';
import { padded } from './explicit-padding';
import { windowOf } from './window';

export const convolutionOps = operators('differentiable', { Conv: convolution });

/** Conv on images: any groups, strides, dilations and padding. A Pad of zeros in front becomes its own padding. */
function convolution(call: NodeCall): TensorValue {
  const value = call.value(0);
  if (value.rank !== 4) throw call.unsupported(`on data of ${value.rank} dimensions`);
  const { source, pads: inner } = value.padded ?? { source: value, pads: [0, 0, 0, 0] as const };
  const image = source.image();
  const [batch, height, width, channels] = image.shape;
  const [outputs = 0, inputs = 0, kh = 0, kw = 0, ...rest] = call.shape(1);
  const groups = call.integer('group', 1);
  const fits =
    groups >= 1 &&
    outputs >= 1 &&
    inputs * groups === channels &&
    outputs % groups === 0 &&
    kh * kw > 0 &&
    rest.length === 0;
  if (!fits) {
    throw call.damaged(
      `filters [${call.shape(1).join(', ')}] in ${groups} groups do not fit ${channels} channels`,
    );
  }
  if (call.pair('kernel_shape', [kh, kw]).join() !== [kh, kw].join()) {
    throw call.damaged(`its attribute kernel_shape differs from its filters of ${kh} x ${kw}`);
  }
  const w = windowOf(call, [height, width], [kh, kw], inner);
  call.reserve([batch, ...w.out, outputs]);
  call.reserve([batch, height + w.reached[0] + w.reached[2], width + w.reached[1] + w.reached[3], channels]);
  registerGradients();
  const x = padded(image, w.reached, 0);
  const [sh, sw] = w.strides;
  const isDilated = w.dilations.some((dilation) => dilation > 1);
  // TF.js has either strides or dilations: with both, the results in between are dropped.
  const strides: [number, number] = isDilated ? [1, 1] : [sh, sw];
  const dilations: [number, number] = [w.dilations[0], w.dilations[1]];
  let y: tf.Tensor;
  if (groups > 1 && inputs === 1) {
    const filter = four(call.weight(1, 'depthwise', groups));
    y = tf.depthwiseConv2d<tf.Tensor4D>(x.image, filter, strides, x.pad, 'NHWC', dilations);
  } else {
    const filter = four(call.weight(1, 'filter', groups));
    const parts = groups === 1 ? [x.image] : tf.split<tf.Tensor4D>(x.image, groups, 3);
    const filters = groups === 1 ? [filter] : tf.split<tf.Tensor4D>(filter, groups, 3);
    const results = parts.map((part, i) =>
      tf.conv2d<tf.Tensor4D>(part, filters[i] ?? filter, strides, x.pad, 'NHWC', dilations),
    );
    y = results.length === 1 ? (results[0] ?? x.image) : tf.concat(results, 3);
  }
  if (isDilated && (sh > 1 || sw > 1)) {
    y = tf.stridedSlice(y, [0, 0, 0, 0], y.shape, [1, sh, sw, 1]);
  }
  if (call.has(2)) {
    const bias = call.plain(2);
    if (bias.size !== outputs) throw call.damaged(`a bias of ${bias.size} numbers for ${outputs} filters`);
    y = tf.add(y, tf.reshape(bias, [outputs]));
  }
  return imageValue(y);
}

function four(filter: tf.Tensor): tf.Tensor4D {
  if (isImage(filter)) return filter;
  throw new RangeError(`a filter has four dimensions, and not ${filter.rank}`);
}
