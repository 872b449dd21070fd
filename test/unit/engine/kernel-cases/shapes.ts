import * as tf from '@tensorflow/tfjs';
import { TRACE_BACKEND } from '../../../../src/core/engine/tracing/trace-backend';
import { sizeOf } from '../../../../src/core/engine/arrays/nd-array';
import type { Random } from '../../../../src/core/random';
import { caseOf, type CaseMaker, type KernelCase } from './kernel-case';
import {
  between,
  booleans,
  chance,
  floats,
  given,
  imageShape,
  integers,
  pick,
  randomShape,
} from './operands';

const shapeOf = (random: Random, least = 1): number[] =>
  chance(random) ? imageShape(random) : randomShape(random, between(random, least, 5));

/** TF.js tiles differentiably up to rank 4. */
const tileable = (random: Random): number[] => shapeOf(random).slice(0, 4);

/** A case with one float32 operand of a random shape. */
function single(
  name: string,
  make: (random: Random, shape: readonly number[]) => (x: tf.Tensor) => tf.Tensor | tf.Tensor[],
  gradient: KernelCase['gradient'] = 'tfjs',
  shapeFor = shapeOf,
): CaseMaker {
  return (random) => {
    const shape = shapeFor(random);
    const f = make(random, shape);
    return caseOf(name, [floats(random, shape)], (x) => f(x), gradient);
  };
}

/** A random way of writing `size` as a shape. */
function factors(random: Random, size: number): number[] {
  const shape: number[] = [];
  for (let rest = size; rest > 1;) {
    const divisors = Array.from({ length: rest }, (_, i) => i + 1).filter((d) => rest % d === 0 && d > 1);
    const next = pick(random, divisors);
    shape.push(next);
    rest /= next;
    if (shape.length === 4) {
      shape.push(rest);
      break;
    }
  }
  if (chance(random)) shape.splice(random.int(shape.length + 1), 0, 1);
  return shape;
}

function window(random: Random, shape: readonly number[]): { begin: number[]; size: number[] } {
  const size = shape.map((dimension) => (chance(random, 0.3) ? dimension : between(random, 1, dimension)));
  return { begin: shape.map((dimension, i) => random.int(dimension - (size[i] ?? 1) + 1)), size };
}

export const shapes: Readonly<Record<string, CaseMaker>> = {
  reshape: single('reshape', (random, shape) => {
    const to = factors(random, sizeOf(shape));
    return (x) => x.reshape(to).mul(2);
  }),
  expandDims: single('expandDims', (random, shape) => {
    const axis = between(random, -shape.length - 1, shape.length);
    return (x) => (shape.length < 5 ? x.expandDims(axis) : x).mul(2);
  }),
  squeeze: single('squeeze', () => (x) => x.squeeze().mul(2)),
  transpose: single('transpose', (random, shape) => {
    const order = [...random.permutation(shape.length)];
    return (x) => x.transpose(order).mul(2);
  }),
  'transpose of a sum with a fill': single(
    'transpose of a sum with a fill',
    (random, shape) => {
      const order = [...random.permutation(shape.length)];
      return (x) => tf.maximum(x.sum(0), tf.fill([...shape], 0.3)).transpose(order);
    },
    'none',
  ),
  concat: (random) => {
    const shape = shapeOf(random);
    const axis = random.int(shape.length);
    const parts = Array.from({ length: between(random, 1, 3) }, () =>
      floats(random, shape.with(axis, between(random, 1, 4))),
    );
    return caseOf(`concat at ${axis}`, parts, (...tensors) =>
      tf.concat([...tensors, tensors[0].neg()], axis - (chance(random) ? shape.length : 0)),
    );
  },
  stack: (random) => {
    const shape = randomShape(random, between(random, 0, 4));
    const axis = random.int(shape.length + 1);
    return caseOf(`stack at ${axis}`, [floats(random, shape), floats(random, shape)], (a, b) =>
      tf.stack([a, b, a.mul(b)], axis),
    );
  },
  unstack: (random) => {
    const shape = shapeOf(random);
    const axis = random.int(shape.length);
    // TF.js's gradient fails for a single part.
    const operand = floats(random, shape.with(axis, between(random, 2, 9)));
    return caseOf(`unstack at ${axis}`, [operand], (x) =>
      tf.unstack(x, axis).map((part, i) => part.mul(i + 1)),
    );
  },
  split: (random) => {
    const shape = shapeOf(random);
    const axis = random.int(shape.length);
    const sizes = Array.from({ length: between(random, 2, 3) }, () => between(random, 1, 9));
    const total = sizes.reduce((sum, size) => sum + size, 0);
    return caseOf(`split into ${sizes.join()} at ${axis}`, [floats(random, shape.with(axis, total))], (x) =>
      tf.split(x, sizes, axis).map((part) => part.square()),
    );
  },
  slice: single('slice', (random, shape) => {
    const { begin, size } = window(random, shape);
    return (x) => tf.slice(x, begin, size).mul(2);
  }),
  'slice of a broadcast': single(
    'slice of a broadcast',
    (random, shape) => {
      const { begin, size } = window(random, shape);
      return (x) => [
        tf.slice(tf.fill([...shape], 0.5), begin, size),
        tf.slice(x.sum(0, true).broadcastTo([...shape]), begin, size),
      ];
    },
    'none',
  ),
  stridedSlice: single(
    'stridedSlice',
    (random, shape) => {
      const strides = shape.map(() => pick(random, [1, 1, 2, 3, -1, -2]));
      const ends = shape.map((dimension, i) =>
        (strides[i] ?? 1) > 0
          ? [random.int(dimension), dimension]
          : [dimension - 1 - random.int(dimension), 0],
      );
      const mask = random.int(2 ** shape.length);
      return (x) => [
        tf.stridedSlice(
          x,
          ends.map(([begin = 0]) => begin),
          ends.map(([, end = 0]) => end),
          strides,
          0,
          mask,
        ),
        tf.stridedSlice(x, [0], [1], [1], 0, 0, 0, 0, 1),
        tf.stridedSlice(x, [-1], [0], [-1], 1, 1),
      ];
    },
    'none',
  ),
  pad: single('pad', (random, shape) => {
    const paddings = shape.map((): [number, number] => [random.int(3), random.int(3)]);
    const value = pick(random, [0, 0, 0.5, -2]);
    return (x) => tf.pad(x, paddings, value).square();
  }),
  'pad of integers and booleans': (random) => {
    const shape = randomShape(random, between(random, 1, 4));
    const paddings = shape.map((): [number, number] => [random.int(3), random.int(3)]);
    return caseOf(
      'pad',
      [given(integers(random, shape)), given(booleans(random, shape))],
      (n, b) => [tf.pad(n, paddings, 3), tf.pad(b, paddings, 1)],
      'none',
    );
  },
  tile: single(
    'tile',
    (random, shape) => {
      const repeats = shape.map(() => between(random, 1, 3));
      return (x) => tf.tile(x, repeats).square();
    },
    'tfjs',
    tileable,
  ),
  'tile of unit axes': single(
    'tile of unit axes',
    (random, shape) => {
      const axes = shape.map((_, i) => i).filter(() => chance(random));
      const repeats = shape.map((_, i) => (axes.includes(i) ? between(random, 1, 3) : 1));
      return (x) => {
        const y = tf.tile(axes.length > 0 ? x.sum(axes, true) : x, repeats);
        return [y.square(), y.transpose().mul(2), y.reshape([-1])];
      };
    },
    'tfjs',
    tileable,
  ),
  broadcastTo: single(
    'broadcastTo',
    (random, shape) => {
      const to = chance(random) && shape.length < 4 ? [2, ...shape] : [...shape];
      return (x) => x.sum(0, true).broadcastTo(to).square();
    },
    'tfjs',
    tileable,
  ),
  'the kernel BroadcastTo': single(
    'BroadcastTo',
    (_, shape) => (x) => {
      // No op of TF.js calls it: `broadcastTo` is composed of others.
      const row = x.sum(0, true);
      return tf.getBackend() === TRACE_BACKEND
        ? tf.engine().runKernel<tf.Tensor>('BroadcastTo', { x: row }, { shape: [...shape] })
        : row.broadcastTo([...shape]);
    },
    'none',
  ),
  reverse: single('reverse', (random, shape) => {
    const axes = shape.map((_, i) => i).filter(() => chance(random));
    return (x) => tf.reverse(x, axes.length > 0 ? axes : 0).mul(2);
  }),
  gather: (random) => {
    const shape = shapeOf(random);
    const axis = random.int(shape.length);
    const indices = given(
      integers(random, randomShape(random, between(random, 1, 2)), 0, (shape[axis] ?? 1) - 1),
    );
    return caseOf(`gather at ${axis}`, [floats(random, shape), indices], (x, i) =>
      tf.gather(x, i.toInt() as tf.Tensor1D, axis).mul(2),
    );
  },
  unsortedSegmentSum: (random) => {
    const shape = randomShape(random, between(random, 1, 4));
    const count = between(random, 1, 4);
    const ids = given(integers(random, [shape[0] ?? 1], 0, count - 1));
    return caseOf(
      'unsortedSegmentSum',
      [floats(random, shape), ids, given(integers(random, shape))],
      (x, i, n) => [
        tf.unsortedSegmentSum(x, i.toInt() as tf.Tensor1D, count),
        tf.unsortedSegmentSum(n, i.toInt() as tf.Tensor1D, count).toFloat(),
      ],
      'none',
    );
  },
  oneHot: (random) => {
    const depth = between(random, 2, 5);
    // Indices out of range give rows without a hot entry.
    const indices = given(integers(random, randomShape(random, between(random, 1, 3)), -1, depth));
    return caseOf(
      'oneHot',
      [indices],
      (i) => [
        tf.oneHot(i.toInt(), depth),
        tf.oneHot(i.toInt(), depth, 0.75, -0.5, 'float32'),
        tf.oneHot(i.toInt(), depth, 1, 0, 'bool'),
      ],
      'none',
    );
  },
  'range, fill, zeros and ones': (random) => {
    const shape = shapeOf(random);
    const [start, stop, step] = [
      between(random, -3, 3),
      between(random, -3, 9),
      pick(random, [1, 2, 0.5, -1]),
    ];
    return caseOf(
      'range, fill, zeros and ones',
      [given(integers(random, shape)), floats(random, shape)],
      (n, x) => [
        tf.range(start, (stop - start) * step > 0 ? stop : start + step, step, 'float32'),
        tf.fill(shape, 3, 'int32').add(n),
        tf.zerosLike(n),
        tf.onesLike(n).mul(n),
        tf.onesLike(x),
        tf.zerosLike(x.greater(0)),
        tf.zeros(shape).add(x),
        tf.ones(shape).div(x.abs().add(1)),
      ],
      'none',
    );
  },
  'shapes of integers and booleans': (random) => {
    const shape = imageShape(random);
    return caseOf(
      'shapes of integers and booleans',
      [given(integers(random, shape)), given(booleans(random, shape)), floats(random, shape)],
      (n, b, x) =>
        [n, b, x.greater(0), x.mul(3).toInt()].flatMap((y) => [
          y.transpose([0, 3, 1, 2]),
          y.reshape([-1]),
          y.expandDims(1),
          tf.tile(y, [2, 1, 1, 1]),
          tf.reverse(y, [1, 3]),
          tf.concat([y, y], 3),
          tf.slice(y, [0, 0, 0, 0], [1, 1, 1, 1]),
          tf.gather(y, tf.tensor1d([0, 0], 'int32'), 3),
        ]),
      'none',
    );
  },
};
