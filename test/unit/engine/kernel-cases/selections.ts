import * as tf from '@tensorflow/tfjs';
import { int32 } from '../../../../src/core/engine/arrays/nd-array';
import type { Random } from '../../../../src/core/random';
import { caseOf, type CaseMaker } from './kernel-case';
import {
  between,
  chance,
  floats,
  given,
  image,
  imageShape,
  integers,
  lattice,
  pick,
  randomShape,
} from './operands';

function numbers(random: Random, shape: readonly number[], limit: number): Int32Array {
  return Int32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => random.int(limit));
}

/** Ops that pick elements by number, and those that go with them. */
export const selections: Readonly<Record<string, CaseMaker>> = {
  topk: (random) => {
    const shape = randomShape(random, between(random, 1, 4), 6);
    const k = between(random, 1, shape.at(-1) ?? 1);
    // With ties: the lower index comes first.
    return caseOf(
      `topk ${k}`,
      [floats(random, shape)],
      (x) => {
        const { values, indices } = tf.topk(x, k);
        return [values, indices];
      },
      'none',
    );
  },
  'gather with batches': (random) => {
    const batch = randomShape(random, between(random, 1, 2), 3);
    const shape = [...batch, ...randomShape(random, between(random, 1, 2), 4)];
    const axis = between(random, batch.length, shape.length - 1);
    const picked = [...batch, ...randomShape(random, random.int(3), 3)];
    const indices = numbers(random, picked, shape[axis] ?? 1);
    return caseOf(
      `gather axis ${axis} batches ${batch.length} by [${picked.join()}]`,
      [given(lattice(random, shape))],
      (x) => tf.gather(x, tf.tensor(indices, picked as [number], 'int32'), axis, batch.length),
      'linear',
    );
  },
  gatherND: (random) => {
    const shape = randomShape(random, between(random, 1, 4), 3);
    const depth = between(random, 1, shape.length);
    const count = between(random, 1, 4);
    const rows = Array.from({ length: count }, () => shape.slice(0, depth).map((size) => random.int(size)));
    return caseOf(
      `gatherND ${JSON.stringify(rows)}`,
      [given(lattice(random, shape))],
      (x) => tf.gatherND(x, tf.tensor2d(rows, [count, depth], 'int32')),
      'linear',
    );
  },
  scatterND: (random) => {
    const size = between(random, 2, 5);
    const rest = randomShape(random, random.int(3), 3);
    const count = between(random, 1, 5);
    const indices = given(int32(numbers(random, [count], size), [count, 1]));
    const whole = chance(random);
    const updates = whole ? given(integers(random, [count, ...rest])) : floats(random, [count, ...rest]);
    return caseOf(
      `scatterND to ${size}`,
      [updates, indices],
      (x, i) => tf.scatterND(i, x, [size, ...rest]),
      'none',
    );
  },
  tensorScatterUpdate: (random) => {
    const [size, columns] = [between(random, 2, 5), between(random, 1, 4)];
    const rows = [...random.permutation(size)].slice(0, 2).map((row) => [row]);
    return caseOf(
      `tensorScatterUpdate ${rows.join()}`,
      [floats(random, [size, columns]), floats(random, [rows.length, columns])],
      (x, updates) => tf.tensorScatterUpdate(x, tf.tensor2d(rows, [rows.length, 1], 'int32'), updates),
      'none',
    );
  },
  cumprod: (random) => {
    const shape = randomShape(random, between(random, 1, 4), 6);
    const axis = random.int(shape.length);
    const [exclusive, reverse] = [chance(random), chance(random)];
    return caseOf(
      `cumprod ${axis} ${exclusive} ${reverse}`,
      [floats(random, shape)],
      (x) => tf.cumprod(x, axis, exclusive, reverse),
      'none',
    );
  },
  'gradient of prod': (random) => {
    const shape = randomShape(random, between(random, 1, 3), 4);
    const axis = random.int(shape.length);
    return caseOf(`prod ${axis}`, [floats(random, shape)], (x) => tf.prod(x, axis));
  },
  einsum: (random) => {
    const [b, i, j, k] = [
      between(random, 1, 3),
      between(random, 1, 4),
      between(random, 1, 4),
      between(random, 1, 4),
    ];
    const equation = pick(random, ['bij,bjk->bik', 'bij,bjk->bki']);
    const fixed = lattice(random, [b, j, k]).data;
    return caseOf(
      `einsum ${equation}`,
      [given(lattice(random, [b, i, j]))],
      (x) => tf.einsum(equation, x, tf.tensor3d(fixed, [b, j, k])),
      'linear',
    );
  },
  'einsum of one operand': (random) => {
    const equation = pick(random, ['abc->ca', 'abc->b', 'abc->cab']);
    const operand = given(lattice(random, randomShape(random, 3)));
    return caseOf(`einsum ${equation}`, [operand], (x) => tf.einsum(equation, x), 'linear');
  },
  localResponseNormalization: (random) => {
    const radius = between(random, 0, 3);
    return caseOf(`LRN ${radius}`, [floats(random, imageShape(random))], (x) =>
      tf.localResponseNormalization(image(x), radius, 1.5, 0.7, 0.6),
    );
  },
  atan2: (random) => {
    const shape = randomShape(random, between(random, 1, 4));
    return caseOf('atan2', [floats(random, shape), floats(random, shape)], (a, b) => tf.atan2(a, b), 'none');
  },
  'inverse hyperbolic functions': (random) =>
    caseOf(
      'asinh, acosh, atanh',
      [floats(random, imageShape(random))],
      (x) => {
        const inside = x.clipByValue(-0.9, 0.9);
        return [x.asinh(), inside.abs().add(1.1).acosh(), inside.mul(0.5).atanh()];
      },
      'none',
    ),
  isFinite: (random) =>
    caseOf(
      'isFinite',
      [floats(random, imageShape(random))],
      (x) => [x.div(x.relu()).isFinite(), x.isFinite()],
      'none',
    ),
  linspace: (random) => {
    const count = between(random, 1, 5);
    return caseOf('linspace', [floats(random, [3, count])], (x) => x.add(tf.linspace(-1, 2.5, count)));
  },
  diag: (random) =>
    caseOf(
      'diag',
      [floats(random, randomShape(random, between(random, 1, 3), 3))],
      (x) => tf.diag(x),
      'none',
    ),
};
