import * as tf from '@tensorflow/tfjs';
import type { NodeCall } from '../../node-call';
import { operators } from '../../operator';
import { integers, rank4 } from './arguments';
import { inChannelsLast, paddingOf, spatial } from './windows';

export const poolingOps = operators('differentiable', {
  MaxPool: (call) => pool(call, tf.maxPool),
  AvgPool: (call) => pool(call, tf.avgPool),
  ResizeNearestNeighbor: (call) => resize(call, tf.image.resizeNearestNeighbor),
  ResizeBilinear: (call) => resize(call, tf.image.resizeBilinear),
});

function pool(call: NodeCall, op: typeof tf.maxPool): tf.Tensor {
  const padding = paddingOf(call);
  if (typeof padding !== 'string') throw call.unsupported('with explicit padding');
  return inChannelsLast(call, call.plain(0), (x) =>
    op(x, spatial(call, 'ksize'), spatial(call, 'strides'), padding),
  );
}

function resize(call: NodeCall, op: typeof tf.image.resizeBilinear): tf.Tensor {
  const [height, width, ...more] = integers(call, 1, 'size', 1, 8192);
  if (height === undefined || width === undefined || more.length > 0)
    throw call.damaged('the size is no pair');
  return op(
    rank4(call, call.plain(0)),
    [height, width],
    call.flag('align_corners'),
    call.flag('half_pixel_centers'),
  );
}
