import * as tf from '@tensorflow/tfjs';
import type { Program } from '../../../../src/core/engine/tracing/program';
import type { NdArray } from '../../../../src/core/engine/arrays/nd-array';
import { float32 } from '../../../../src/core/engine/arrays/nd-array';
import { batchNormInference, batchNormTrain } from '../../../../src/core/engine/ops/batch-norm';
import { assertSame, layouts, noise } from '../engine-fixture';

const options = { epsilon: 1e-3, relu: true };

/** Input, labels, then: stem, norm, conv, norm, dense of a network with a pool after each block. */
function logitsOf(x: tf.Tensor, weights: tf.Tensor[], batchNorm: 'train' | 'eval'): tf.Tensor {
  const [w1, g1, b1, w2, g2, b2, dense] = weights;
  if (!w1 || !g1 || !b1 || !w2 || !g2 || !b2 || !dense) throw new RangeError('Seven weights are needed.');
  const norm = (h: tf.Tensor, g: tf.Tensor, b: tf.Tensor): tf.Tensor4D =>
    (batchNorm === 'train'
      ? batchNormTrain(h, g, b, options).y
      : batchNormInference(h, g, b, tf.fill([g.size], 0.1), tf.fill([g.size], 1.5), options)) as tf.Tensor4D;
  let h = norm(tf.conv2d(x as tf.Tensor4D, w1 as tf.Tensor4D, 1, 'same'), g1, b1);
  h = tf.maxPool(h, 2, 2, 'valid');
  h = norm(tf.conv2d(h, w2 as tf.Tensor4D, 1, 'same'), g2, b2);
  h = tf.avgPool(tf.maxPool(h, 2, 2, 'valid'), 2, 2, 'valid');
  return tf.matMul(h.reshape([h.shape[0], -1]), dense);
}

function inputsFor(widths: [number, number]): NdArray[] {
  const [a, b] = widths;
  const labels = new Float32Array(4 * 5);
  for (let i = 0; i < 4; i++) labels[i * 5 + ((i * 2) % 5)] = 1;
  const ones = (size: number, seed: number): NdArray => {
    const values = noise([size], seed).data.map((value) => 1 + value * 0.3);
    return float32(values, [size]);
  };
  return [
    noise([4, 8, 8, 3], 1),
    float32(labels, [4, 5]),
    noise([3, 3, 3, a], 2),
    ones(a, 3),
    noise([a], 4),
    noise([3, 3, a, b], 5),
    ones(b, 6),
    noise([b], 7),
    noise([b, 5], 8),
  ];
}

function step(batchNorm: 'train' | 'eval'): Program {
  return (x, labels, ...weights) => {
    const loss = (image: tf.Tensor, ...w: tf.Tensor[]): tf.Tensor =>
      tf.losses.softmaxCrossEntropy(labels, logitsOf(image, w, batchNorm));
    const { value, grads } = tf.valueAndGrads(loss)([x, ...weights]);
    const [dx, ...dw] = grads;
    if (!dx) throw new RangeError('No gradient.');
    const adversarial = x.add(dx.mul(10)).clipByValue(-1, 1);
    const logits = logitsOf(x, weights, batchNorm);
    const accuracy = logits.argMax(-1).equal(labels.argMax(-1)).mean();
    return [value, accuracy, adversarial, ...weights.map((w, i) => w.sub((dw[i] ?? w).mul(0.1)))];
  };
}

for (const layout of layouts) {
  describe(`a whole network, compiled (${layout})`, () => {
    for (const widths of [
      [16, 32],
      [8, 20],
      [3, 24],
    ] as [number, number][]) {
      for (const mode of ['train', 'eval'] as const) {
        it(`agrees with TF.js at widths ${widths.join('-')}, batch norm ${mode}: loss, attack and update`, async () => {
          await assertSame(layout, 'step', step(mode), inputsFor(widths));
        });
      }
    }
  });
}
