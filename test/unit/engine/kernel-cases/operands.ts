import * as tf from '@tensorflow/tfjs';
import type { NdArray } from '../../../../src/core/engine/arrays/nd-array';
import { float32, int32, sizeOf } from '../../../../src/core/engine/arrays/nd-array';
import type { Random } from '../../../../src/core/random';

/** One tensor of a case: the arrays that it is made of, and how. */
export interface Operand {
  readonly inputs: readonly NdArray[];
  readonly make: (inputs: readonly tf.Tensor[]) => tf.Tensor;
}

export function pick<const T>(random: Random, list: readonly T[]): T {
  const item = list[random.int(list.length)];
  if (item === undefined) throw new RangeError('Nothing to pick from.');
  return item;
}

/** A random integer from `low` to `high`, both included. */
export function between(random: Random, low: number, high: number): number {
  return low + random.int(high - low + 1);
}

export function chance(random: Random, probability = 0.5): boolean {
  return random.uniform() < probability;
}

export function randomShape(random: Random, rank: number, largest = 4): number[] {
  return Array.from({ length: rank }, () => between(random, 1, largest));
}

/** Channel counts below, at and above a block, and between two. */
export function randomChannels(random: Random): number {
  return pick(random, [1, 2, 3, 5, 8, 13, 16, 17, 20]);
}

/** Images of few positions, with channel counts that fill a block or don't. */
export function imageShape(random: Random): number[] {
  return [between(random, 1, 3), between(random, 1, 5), between(random, 1, 5), randomChannels(random)];
}

/**
 * Random multiples of 1/16 in [-1, 1]. Sums of products of such numbers are exact in float32 in whatever order
 * they are added, so that kinks (ReLU, floor, maxima, comparisons) fall alike in every implementation.
 */
export function lattice(random: Random, shape: readonly number[]): NdArray<'float32'> {
  const data = Float32Array.from({ length: sizeOf(shape) }, () => between(random, -16, 16) / 16);
  return float32(data, shape);
}

export function integers(random: Random, shape: readonly number[], low = -5, high = 5): NdArray<'int32'> {
  return int32(
    Int32Array.from({ length: sizeOf(shape) }, () => between(random, low, high)),
    shape,
  );
}

export function booleans(random: Random, shape: readonly number[]): NdArray<'bool'> {
  return { dtype: 'bool', shape, data: Uint8Array.from({ length: sizeOf(shape) }, () => random.int(2)) };
}

/** An array as it is. */
export function given(array: NdArray): Operand {
  return { inputs: [array], make: ([x]) => only(x) };
}

export function only(x: tf.Tensor | undefined): tf.Tensor {
  if (!x) throw new RangeError('A tensor is missing.');
  return x;
}

export const image = (x: tf.Tensor): tf.Tensor4D => x as tf.Tensor4D;

const ways = ['given', 'given', 'transposed', 'broadcast', 'reshaped'] as const;
const imageWays = [...ways, 'convolution', 'convolution', 'convolution', 'relu', 'pool'] as const;

/** A float32 tensor of `shape`, in one of the ways in which a program can come by it. */
export function floats(random: Random, shape: readonly number[]): Operand {
  const way = pick(random, shape.length === 4 ? imageWays : ways);
  const array = (of: readonly number[]): NdArray => lattice(random, of);
  switch (way) {
    case 'given':
      return given(array(shape));
    case 'transposed': {
      const order = [...random.permutation(shape.length)];
      const source = order.map((axis) => shape[axis] ?? 1);
      const back = order.map((_, axis) => order.indexOf(axis));
      return { inputs: [array(source)], make: ([x]) => only(x).transpose(back) };
    }
    case 'broadcast': {
      const source = shape.map((dimension) => (chance(random) ? 1 : dimension));
      return { inputs: [array(source)], make: ([x]) => only(x).broadcastTo([...shape]) };
    }
    case 'reshaped':
      return { inputs: [array([sizeOf(shape)])], make: ([x]) => only(x).reshape([...shape]) };
    case 'convolution':
    case 'relu': {
      const [n = 1, h = 1, w = 1, c = 1] = shape;
      const inputs = [array([n, h, w, 3]), array([1, 1, 3, c])];
      const make = ([x, f]: readonly tf.Tensor[]): tf.Tensor => {
        const y = tf.conv2d(image(only(x)), image(only(f)), 1, 'same');
        return way === 'relu' ? y.relu() : y;
      };
      return { inputs, make };
    }
    case 'pool': {
      const [n = 1, h = 1, w = 1, c = 1] = shape;
      const inputs = [array([n, h * 2, w * 2, 2]), array([1, 1, 2, c])];
      return {
        inputs,
        make: ([x, f]) =>
          tf.maxPool(image(tf.conv2d(image(only(x)), image(only(f)), 1, 'same').relu()), 2, 2, 'valid'),
      };
    }
  }
}

/** `shape` with some axes of size 1 or, in front, left out: it broadcasts to `shape`. */
export function broadcastable(random: Random, shape: readonly number[]): number[] {
  if (chance(random, 0.3)) return [...shape];
  const some = shape.map((dimension) => (chance(random, 0.4) ? 1 : dimension));
  return some.slice(chance(random) ? random.int(some.length + 1) : 0);
}
