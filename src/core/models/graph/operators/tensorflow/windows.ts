import * as tf from '@tensorflow/tfjs';
import type { NodeCall } from '../../node-call';
import { checked, rank4 } from './arguments';

/** Larger windows, strides, dilations and paddings are nothing that an image classifier has. */
const maxStep = 1024;

export type Pair = [number, number];
export type Padding = 'valid' | 'same' | tf.backend_util.ExplicitPadding;

/** Runs `f` on an NHWC image, whatever the node's layout is. */
export function inChannelsLast(call: NodeCall, x: tf.Tensor, f: (x: tf.Tensor4D) => tf.Tensor): tf.Tensor {
  if (!isChannelsFirst(call)) return f(rank4(call, x));
  const y = f(rank4(call, tf.transpose(x, [0, 2, 3, 1])));
  return tf.transpose(y, [0, 3, 1, 2]);
}

export function isChannelsFirst(call: NodeCall): boolean {
  return call.text('data_format', 'NHWC').toUpperCase() === 'NCHW';
}

/** The two entries for height and width of an attribute with one entry an axis. */
export function spatial(call: NodeCall, name: string, otherwise?: number): Pair {
  const values = call.integers(name) ?? (otherwise === undefined ? [] : Array<number>(4).fill(otherwise));
  if (values.length !== 4) throw call.damaged(`${name} has not 4 entries`);
  const [height = 1, width = 1] = checked(
    call,
    isChannelsFirst(call) ? values.slice(2) : values.slice(1, 3),
    1,
    maxStep,
  );
  return [height, width];
}

/** For TF.js's NHWC ops. */
export function paddingOf(call: NodeCall): Padding {
  const padding = call.text('padding', '').toLowerCase();
  if (padding === 'same' || padding === 'valid') return padding;
  if (padding !== 'explicit') throw call.damaged(`the padding ${JSON.stringify(padding)} is unknown`);
  const pads = checked(call, call.integers('explicit_paddings') ?? [], 0, maxStep);
  if (pads.length !== 8) throw call.damaged('explicit_paddings has not 8 entries');
  const at = isChannelsFirst(call) ? 4 : 2;
  const [top = 0, bottom = 0, left = 0, right = 0] = pads.slice(at, at + 4);
  return [
    [0, 0],
    [top, bottom],
    [left, right],
    [0, 0],
  ];
}
