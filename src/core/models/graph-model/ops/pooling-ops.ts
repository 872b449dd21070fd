import * as tf from '@tensorflow/tfjs';
import type { OpCall, OpTable } from '../op-call';
import { inChannelsLast, paddingOf, spatial } from './windows';

export const poolingOps: OpTable = {
  MaxPool: { run: (call) => pool(call, tf.maxPool) },
  AvgPool: { run: (call) => pool(call, tf.avgPool) },
  ResizeNearestNeighbor: { run: (call) => resize(call, tf.image.resizeNearestNeighbor) },
  ResizeBilinear: { run: (call) => resize(call, tf.image.resizeBilinear) },
};

function pool(call: OpCall, op: typeof tf.maxPool): tf.Tensor {
  const padding = paddingOf(call);
  if (typeof padding !== 'string') throw call.unsupported('explicit padding of a pool');
  return inChannelsLast(call, call.tensor(0), (x) =>
    op(x, spatial(call, 'ksize'), spatial(call, 'strides'), padding),
  );
}

function resize(call: OpCall, op: typeof tf.image.resizeBilinear): tf.Tensor {
  const [height, width, ...more] = call.integers(1, 1, 8192);
  if (height === undefined || width === undefined || more.length > 0) throw call.wrong('the size is no pair');
  const { attributes } = call;
  return op(
    call.image(),
    [height, width],
    attributes.bool('align_corners'),
    attributes.bool('half_pixel_centers'),
  );
}
