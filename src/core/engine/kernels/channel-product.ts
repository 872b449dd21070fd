import { NCHWC } from '../graph/graph';
import type { Trace } from '../tracing/trace';
import type { Value } from '../tracing/value';
import { dims4 } from '../tracing/value';

/**
 * The mean of a * b over the batch and all positions: [C]. On blocked images it is a depthwise convolution of a
 * whose filter is b, as large as the image: one pass that writes nothing.
 */
export function meanProduct(t: Trace, a: Value, b: Value): string {
  const [n, h, w, c] = dims4(a.shape);
  if (a.names.blocked === undefined) {
    const product = t.graph.node('Mul', [t.nchw(a), t.nchw(b)]);
    return t.graph.node('ReduceMean', [product], { axes: [0, 2, 3], keepdims: 0 });
  }
  const channels = t.padded(c);
  const planes = n * channels;
  const attributes = {
    group: planes,
    kernel_shape: [h, w],
    pads: [0, 0, 0, 0],
    strides: [1, 1],
    dilations: [1, 1],
  };
  const inputs = [t.reshape(a.names.blocked, [1, planes, h, w]), t.reshape(t.blocked(b), [planes, 1, h, w])];
  const sums = t.reshape(t.graph.node('Conv', inputs, attributes, { domain: NCHWC }), [n, channels]);
  const mean = t.graph.node('ReduceMean', [sums], { axes: [0], keepdims: 0 });
  const real =
    channels === c
      ? mean
      : t.graph.node('Slice', [mean, t.graph.int64([0]), t.graph.int64([c]), t.graph.int64([0])]);
  return t.graph.node('Mul', [real, t.graph.scalar(1 / (h * w))]);
}
