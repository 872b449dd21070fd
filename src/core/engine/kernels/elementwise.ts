import * as tf from '@tensorflow/tfjs';
import type { DType } from '../arrays/nd-array';
import type { Trace } from '../tracing/trace';
import type { Value } from '../tracing/value';
import { padShape, sameShape } from '../tracing/value';

export interface ElementwiseOp {
  readonly dtype: DType;
  /** Finite inputs give finite outputs, so that the padding channels of blocked tensors stay harmless. */
  readonly keepsFinite: boolean;
  /** Emits the op; `sameShape` is true when no input is broadcast. */
  readonly emit: (names: string[], sameShape: boolean) => string;
}

/** Broadcast shape of any number of values. */
export function broadcastShape(shapes: readonly (readonly number[])[]): number[] {
  return shapes.reduce<number[]>(
    (shape, other) => tf.backend_util.assertAndGetBroadcastShape(shape, [...other]),
    [],
  );
}

/**
 * An op that treats every element alike: it runs in whatever layout its inputs already have, and lazily
 * broadcast inputs stay lazy.
 */
export function elementwise(t: Trace, inputs: readonly Value[], op: ElementwiseOp): Value {
  const shape = broadcastShape(inputs.map((input) => input.shape));
  const images = inputs.filter((input) => input.isImage && sameShape(input.shape, shape));
  if (images.length > 0) return onImages(t, inputs, images, shape, op);

  const stored = broadcastShape(inputs.map((input) => padShape(input.stored, shape.length)));
  let name = op.emit(
    inputs.map((input) => t.plainStored(input)),
    inputs.every((input) => input.isFull && sameShape(input.shape, shape)),
  );
  // Filled inputs are scalars: give the result the rank that it claims to have.
  const rank = Math.max(...inputs.map((input) => (input.fill === undefined ? input.stored.length : 0)));
  if (rank < shape.length) name = t.reshape(name, stored);
  return t.plainValue(name, shape, op.dtype, stored);
}

function onImages(
  t: Trace,
  inputs: readonly Value[],
  images: readonly Value[],
  shape: readonly number[],
  op: ElementwiseOp,
): Value {
  const channels = shape[3] ?? 1;
  const exact = t.padded(channels) === channels;
  const blocked = images.some((image) => image.names.blocked !== undefined) && (op.keepsFinite || exact);
  const layout = blocked ? 'blocked' : 'nchw';
  let same = true;
  const names = inputs.map((input) => {
    if (input.isFull && sameShape(input.shape, shape)) return t.inLayout(input, layout);
    same = false;
    const stored = padShape(input.stored, 4);
    // Scalars and one number a sample read the same in every layout.
    if (stored.slice(1).every((dimension) => dimension === 1)) {
      return input.shape.length === 4 || input.fill !== undefined || stored[0] === 1
        ? t.plainStored(input)
        : t.reshape(t.plainStored(input), stored);
    }
    const lifted = t.broadcast(input, padShape(input.shape, 4));
    return blocked ? t.blocked(t.broadcast(lifted, shape)) : t.nchwStored(lifted);
  });
  return t.imageValue(layout, op.emit(names, same), shape, op.dtype);
}

/** An op with one input, in the layout it already has. */
export function unary(
  t: Trace,
  x: Value,
  emit: (name: string) => string,
  options: { dtype?: DType; keepsFinite?: boolean } = {},
): Value {
  const { dtype = x.dtype, keepsFinite = false } = options;
  return elementwise(t, [x], { dtype, keepsFinite, emit: ([name = '']) => emit(name) });
}
