import type * as tf from '@tensorflow/tfjs';
import type { NodeCall } from '../../node-call';

/** Inputs as tensors, up to `to`. */
export function tensors(call: NodeCall, from = 0, to = call.inputs.length): tf.Tensor[] {
  return Array.from({ length: Math.max(0, to - from) }, (_, i) => call.plain(from + i));
}

/** Numbers that have to be known before the network runs, such as a shape. */
export function numbers(call: NodeCall, index: number, what: string): number[] {
  return [...call.known(index, what).data];
}

export function number(call: NodeCall, index: number, what: string): number {
  const [value, ...more] = numbers(call, index, what);
  if (value !== undefined && more.length === 0) return value;
  throw call.damaged(`its ${what} is no single number`);
}

/** Whole numbers in [least, most] that have to be known. */
export function integers(call: NodeCall, index: number, what: string, least: number, most: number): number[] {
  return checked(call, numbers(call, index, what), least, most);
}

/** The same of an attribute. */
export function integer(call: NodeCall, name: string, fallback: number, least: number, most: number): number {
  const value = call.integer(name, fallback);
  checked(call, [value], least, most);
  return value;
}

export function checked(call: NodeCall, values: readonly number[], least: number, most: number): number[] {
  for (const value of values) {
    if (!Number.isInteger(value) || value < least || value > most) {
      throw call.damaged(`${value} is not in [${least}, ${most}]`);
    }
  }
  return [...values];
}

/** A shape of which a tensor may be made. */
export function shape(call: NodeCall, index: number, least = 0): number[] {
  const sizes = integers(call, index, 'shape', least, maxElements);
  call.reserve(sizes);
  return sizes;
}

/** [N, H, W, C] or [N, C, H, W]. */
export function rank4(call: NodeCall, tensor: tf.Tensor): tf.Tensor4D {
  const [a = 0, b = 0, c = 0, d = 0] = tensor.shape;
  if (tensor.rank === 4) return tensor.as4D(a, b, c, d);
  throw call.damaged(`[${tensor.shape.join(', ')}] has not 4 dimensions`);
}

/** Elements of any value of a network, for one image: half a gibibyte. */
export const maxElements = 2 ** 27;
