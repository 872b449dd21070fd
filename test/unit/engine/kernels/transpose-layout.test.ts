import assert from 'node:assert/strict';
import * as tf from '@tensorflow/tfjs';
import { traceProgram } from '../../../../src/core/engine/compile/trace-program';
import { assertSame, layouts, noise, withGradients } from '../engine-fixture';

const filter = noise([3, 3, 8, 8], 2);

function features(x: tf.Tensor, weights: tf.Tensor): tf.Tensor {
  const [a = 1, b = 1, c = 1, d = 1] = x.shape;
  return tf.conv2d(x.as4D(a, b, c, d), weights.as4D(3, 3, 8, 8), 1, 'same');
}

describe('transpositions between NHWC and NCHW', () => {
  const there = [0, 3, 1, 2];
  const back = [0, 2, 3, 1];

  for (const layout of layouts) {
    it(`have values and gradients (${layout})`, async () => {
      const between = withGradients((x, weights) => {
        const y = features(x, weights);
        const first = tf.transpose(y, there).mul(tf.tensor(noise([6, 5], 3).data, [6, 5]));
        return features(tf.transpose(first.relu(), back), weights);
      });
      await assertSame(layout, 'between convolutions', between, [noise([2, 6, 5, 8]), filter]);
      const ends = withGradients((x, weights) => {
        return tf.transpose(features(tf.transpose(x, back), weights), there).reshape([2, -1]);
      });
      await assertSame(layout, 'at the ends', ends, [noise([2, 8, 6, 5]), filter]);
    });
  }

  it('cost nothing where the order is already there', () => {
    const program = (...[x, weights]: tf.Tensor[]): tf.Tensor[] => {
      assert.ok(x && weights);
      // The input is NCHW, as ONNX Runtime wants it, and the result is NCHW.
      return [tf.transpose(features(tf.transpose(x, back), weights), there)];
    };
    const signature = [[2, 8, 6, 5], filter.shape].map((shape) => ({ dtype: 'float32' as const, shape }));
    const { graph } = traceProgram('ends', program, signature, { block: 0 });
    const moved = graph.nodes.filter(({ op }) => op === 'Transpose');
    // The filter's own is left.
    assert.equal(moved.length, 1);
  });
});
