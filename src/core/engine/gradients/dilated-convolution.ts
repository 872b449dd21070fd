import * as tf from '@tensorflow/tfjs';
import { TRACE_BACKEND } from '../tracing/trace-backend';
import { gradient, saved } from './gradient';

interface Attributes {
  readonly strides: [number, number] | number;
  readonly pad: 'valid' | 'same' | number | tf.backend_util.ExplicitPadding;
  readonly dilations?: [number, number] | number | null;
  readonly dataFormat?: 'NHWC' | 'NCHW';
  readonly dimRoundingMode?: 'floor' | 'round' | 'ceil';
}

/** TF.js has no gradients of dilated convolutions. */
export function registerDilatedConvolutions(): void {
  for (const [kernel, backprop] of [
    ['Conv2D', 'Conv2DBackprop'],
    ['DepthwiseConv2dNative', 'DepthwiseConv2dNativeBackprop'],
  ] as const) {
    const undilated = tf.getGradient(kernel);
    gradient<Attributes>(kernel, {
      inputs: ['x', 'filter'],
      when: ({ dilations }) => factors(dilations).some((factor) => factor > 1),
      otherwise: undilated,
      of: (dy, tensors, { dilations, ...rest }) => {
        const x = saved(tensors, 0);
        const filter = saved(tensors, 1);
        const attributes: tf.NamedAttrMap = { dilations: [1, 1], ...rest };
        if (tf.getBackend() === TRACE_BACKEND) {
          // The compiled kernels skip the holes of the filter.
          attributes.dilations = factors(dilations);
          return [
            () => run(`${backprop}Input`, { dy, filter }, { ...attributes, inputShape: x.shape }),
            () => run(`${backprop}Filter`, { x, dy }, { ...attributes, filterShape: filter.shape }),
          ];
        }
        const [dh, dw] = factors(dilations);
        const [kh = 1, kw = 1, ...channels] = filter.shape;
        const filterShape = [(kh - 1) * dh + 1, (kw - 1) * dw + 1, ...channels];
        return [
          () => {
            const spread = withHoles(filter, dh, dw);
            return run(`${backprop}Input`, { dy, filter: spread }, { ...attributes, inputShape: x.shape });
          },
          () => {
            const whole = run(`${backprop}Filter`, { x, dy }, { ...attributes, filterShape });
            return tf.stridedSlice(whole, [0, 0, 0, 0], filterShape, [dh, dw, 1, 1]);
          },
        ];
      },
    });
  }
}

function factors(dilations: Attributes['dilations']): [number, number] {
  if (Array.isArray(dilations)) return dilations;
  return [dilations ?? 1, dilations ?? 1];
}

/** The filter of the same convolution without dilation: zeros between its taps. */
function withHoles(filter: tf.Tensor, dh: number, dw: number): tf.Tensor {
  const [kh = 1, kw = 1, c = 1, k = 1] = filter.shape;
  const cells = tf.pad(tf.reshape(filter, [kh, 1, kw, 1, c * k]), [
    [0, 0],
    [0, dh - 1],
    [0, 0],
    [0, dw - 1],
    [0, 0],
  ]);
  const whole = tf.reshape(cells, [kh * dh, kw * dw, c, k]);
  return tf.slice(whole, [0, 0, 0, 0], [(kh - 1) * dh + 1, (kw - 1) * dw + 1, c, k]);
}

function run(kernel: string, inputs: tf.NamedTensorMap, attributes: tf.NamedAttrMap): tf.Tensor {
  return tf.engine().runKernel<tf.Tensor>(kernel, inputs, attributes);
}
