import * as tf from '@tensorflow/tfjs';
import { caseOf, type CaseMaker } from './kernel-case';
import { between, broadcastable, chance, floats, pick, randomShape } from './operands';

export const activations = ['linear', 'relu', 'relu6', 'elu', 'sigmoid', 'leakyrelu', 'prelu'] as const;

export const products: Readonly<Record<string, CaseMaker>> = {
  matMul: (random) => {
    const batch = randomShape(random, between(random, 0, 2), 3);
    const [rows, inner, columns] = [between(random, 1, 9), between(random, 1, 9), between(random, 1, 9)];
    const [ta, tb] = [chance(random), chance(random)];
    const a = [...batch, ...(ta ? [inner, rows] : [rows, inner])];
    const b = [...batch, ...(tb ? [columns, inner] : [inner, columns])];
    return caseOf(`matMul ${ta} ${tb}`, [floats(random, a), floats(random, b)], (x, y) =>
      tf.matMul(x, y, ta, tb),
    );
  },
  'matMul that broadcasts batches': (random) => {
    const batch = randomShape(random, 2, 3);
    const [rows, inner, columns] = randomShape(random, 3, 5);
    // TF.js has no gradient for this.
    return caseOf(
      'matMul',
      [
        floats(random, [...batch, rows ?? 1, inner ?? 1]),
        floats(random, [...batch.map((d) => (chance(random) ? 1 : d)), inner ?? 1, columns ?? 1]),
      ],
      (x, y) => tf.matMul(x, y),
      'none',
    );
  },
  'vectors and matrices': (random) => {
    const [rows, columns] = [between(random, 1, 6), between(random, 1, 6)];
    return caseOf('dot', [floats(random, [rows, columns]), floats(random, [columns])], (x, v) => [
      tf.dot(x, v),
      tf.outerProduct(v as tf.Tensor1D, v as tf.Tensor1D),
    ]);
  },
  'fused matMul': (random) => {
    const activation = pick(random, activations);
    const [rows, inner, columns] = [between(random, 1, 9), between(random, 1, 9), between(random, 1, 9)];
    const batch = chance(random, 0.3) ? [between(random, 1, 3)] : [];
    const bias = pick(random, [[columns], [1, columns], [1]]);
    const [ta, tb] = [chance(random), chance(random)];
    const operands = [
      floats(random, [...batch, ...(ta ? [inner, rows] : [rows, inner])]),
      floats(random, [...batch, ...(tb ? [columns, inner] : [inner, columns])]),
      floats(random, bias),
      floats(random, broadcastable(random, [columns])),
    ];
    const none =
      activation === 'leakyrelu' ||
      activation === 'prelu' ||
      activation === 'sigmoid' ||
      activation === 'relu6' ||
      activation === 'elu';
    return caseOf(
      `fused matMul ${activation}`,
      operands,
      (a, b, c, slope) =>
        tf.fused
          .matMul({
            a,
            b,
            bias: c,
            activation,
            transposeA: ta,
            transposeB: tb,
            leakyreluAlpha: 0.3,
            ...(activation === 'prelu' ? { preluActivationWeights: slope } : {}),
          })
          .add(slope.sum()),
      none ? 'none' : 'tfjs',
    );
  },
};
