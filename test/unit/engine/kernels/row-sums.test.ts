import assert from 'node:assert/strict';
import * as tf from '@tensorflow/tfjs';
import type { Program } from '../../../../src/core/engine/tracing/program';
import { float32 } from '../../../../src/core/engine/arrays/nd-array';
import { deviceWith, noise } from '../engine-fixture';

const programs: Readonly<Record<string, Program>> = {
  sum: (x) => [tf.sum(x, -1)],
  'mean that keeps its axis': (x) => [tf.mean(x, -1, true)],
  'sum of two axes': (x) => [tf.sum(tf.expandDims(tf.square(x), 1), [1, 2])],
  'logarithms of a softmax': (x) => [tf.logSoftmax(x as tf.Tensor2D)],
};

describe('sums of rows on a CPU', function () {
  this.timeout(20_000);
  const count = 12;
  for (const [title, program] of Object.entries(programs)) {
    it(`round a row in the same way wherever it lies: ${title}`, async () => {
      const device = await deviceWith('blocked');
      const compiled = device.compile('rows', program);
      for (const size of [3, 10, 49, 64]) {
        const data = noise([count, size], size).data.map((value) => 4 * value);
        const [whole] = await compiled.run(float32(data, [count, size]));
        assert.ok(whole);
        const each = whole.data.length / count;
        const before = whole.data.slice();
        for (let from = 0; from + 4 <= count; from++) {
          const part = float32(data.slice(from * size, (from + 4) * size), [4, size]);
          const [found] = await compiled.run(part);
          assert.ok(found);
          const expected = before.slice(from * each, (from + 4) * each);
          assert.deepEqual([...found.data], [...expected], `${size} values, from row ${from}`);
        }
      }
      await compiled.dispose();
    });
  }
});
