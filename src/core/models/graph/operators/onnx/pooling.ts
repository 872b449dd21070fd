import * as tf from '@tensorflow/tfjs';
import { TRACE_BACKEND } from '../../../../engine/tracing/trace-backend';
import type { NodeCall } from '../../node-call';
import { imageValue, type Pads, type TensorValue } from '../../value';
import { operators } from '../../operator';
import { padded } from './explicit-padding';
import { windowOf, type Window } from './window';

/** Below every number that an image or a feature can be. */
const lowest = -3.4028234663852886e38;

/** Elements of a dilated window, each of which is an op of its own. */
const maxDilatedWindow = 256;

export const poolingOps = operators('differentiable', {
  MaxPool: maxPool,
  AveragePool: averagePool,
  GlobalAveragePool: (call) => imageValue(tf.mean(call.image(0), [1, 2], true)),
  GlobalMaxPool: (call) => imageValue(globalMaximum(call.image(0))),
});

function poolWindow(call: NodeCall, image: tf.Tensor4D): Window {
  const [batch, height, width, channels] = image.shape;
  const w = windowOf(call, [height, width], call.pair('kernel_shape', [0, 0]));
  const [top, left, bottom, right] = w.reached;
  call.reserve([batch, height + top + bottom, width + left + right, channels]);
  return w;
}

function maxPool(call: NodeCall): TensorValue {
  if (call.node.outputs[1]) throw call.unsupported('with the indices of the maxima');
  const image = call.image(0);
  const w = poolWindow(call, image);
  if (w.dilations.some((dilation) => dilation > 1)) {
    if (w.kernel[0] * w.kernel[1] > maxDilatedWindow) throw call.unsupported('with a large dilated window');
    return imageValue(dilatedMaximum(image, w));
  }
  const x = padded(image, w.reached, lowest);
  return imageValue(tf.maxPool(x.image, [...w.kernel], [...w.strides], x.pad));
}

/** The largest number of each channel. As in other pools, the first of equal ones gets the gradient. */
function globalMaximum(image: tf.Tensor4D): tf.Tensor {
  const pool = tf.customGrad((x, save) => {
    if (!(x instanceof tf.Tensor) || typeof save !== 'function')
      throw new TypeError('A custom gradient gets its inputs and a save function.');
    const value = tf.max(x, [1, 2], true);
    save([x, value]);
    return {
      value,
      gradFunc: (dy, [source, largest]) => {
        if (!(dy instanceof tf.Tensor) || !source || !largest)
          throw new TypeError('A custom gradient gets the tensors that were saved.');
        const [, height = 1, width = 1] = source.shape;
        const places = tf.reshape(tf.range(0, height * width), [1, height, width, 1]);
        const candidates = tf.where(tf.equal(source, largest), places, tf.scalar(height * width));
        const first = tf.equal(candidates, tf.min(candidates, [1, 2], true));
        return tf.mul(dy, tf.cast(first, 'float32'));
      },
    };
  });
  return pool(image);
}

/** TF.js has no dilated pools: the maximum over one strided slice for each element of the window. The
 * first of equal ones gets the gradient. */
function dilatedMaximum(image: tf.Tensor4D, { kernel, strides, dilations, reached, out }: Window): tf.Tensor {
  const [batch, , , channels] = image.shape;
  const x = withBorder(image, reached, lowest);
  const slices: tf.Tensor[] = [];
  for (let i = 0; i < kernel[0]; i++) {
    for (let j = 0; j < kernel[1]; j++) {
      const [top, left] = [i * dilations[0], j * dilations[1]];
      const end = [
        batch,
        top + (out[0] - 1) * strides[0] + 1,
        left + (out[1] - 1) * strides[1] + 1,
        channels,
      ];
      slices.push(tf.stridedSlice(x, [0, top, left, 0], end, [1, ...strides, 1]));
    }
  }
  return slices.reduce((largest, slice) => tf.where(tf.less(largest, slice), slice, largest));
}

function averagePool(call: NodeCall): TensorValue {
  const image = call.image(0);
  const w = poolWindow(call, image);
  if (w.dilations.some((dilation) => dilation > 1)) throw call.unsupported('with dilations');
  const { kernel, strides, pads, reached } = w;
  if (call.integer('count_include_pad', 0) === 0) return imageValue(average(image, w, reached));
  // The file's padding counts as zeros; what rounding up adds behind it does not count.
  const inside: Pads = [pads[0], pads[1], Math.min(pads[2], reached[2]), Math.min(pads[3], reached[3])];
  const beyond: Pads = [0, 0, reached[2] - inside[2], reached[3] - inside[3]];
  return imageValue(average(withBorder(image, inside, 0), { kernel, strides }, beyond));
}

/** Averages over what is inside the image. */
function average(
  image: tf.Tensor4D,
  { kernel, strides }: Pick<Window, 'kernel' | 'strides'>,
  pads: Pads,
): tf.Tensor {
  const size: [number, number] = [...kernel];
  const step: [number, number] = [...strides];
  const isPadded = pads.some((pad) => pad > 0);
  if (!isPadded || tf.getBackend() === TRACE_BACKEND) {
    const x = padded(image, pads, 0);
    return tf.avgPool(x.image, size, step, x.pad);
  }
  const [, height, width] = image.shape;
  const pool = (x: tf.Tensor4D): tf.Tensor4D => tf.avgPool(withBorder(x, pads, 0), size, step, 'valid');
  return tf.div(pool(image), pool(tf.ones([1, height, width, 1])));
}

function withBorder(image: tf.Tensor4D, [top, left, bottom, right]: Pads, value: number): tf.Tensor4D {
  if (top + left + bottom + right === 0) return image;
  return tf.pad(
    image,
    [
      [0, 0],
      [top, bottom],
      [left, right],
      [0, 0],
    ],
    value,
  );
}
