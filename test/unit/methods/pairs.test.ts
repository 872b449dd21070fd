import assert from 'node:assert/strict';
import { float32, int32 } from '../../../src/core/engine/arrays/nd-array';
import { drawPairs, mixedRows, type PairParameters } from '../../../src/core/methods/pairs';
import { Random } from '../../../src/core/random';

describe('pairs of images that are mixed', () => {
  const COUNT = 4000;
  const draw = (parameters: PairParameters) => drawPairs(COUNT, parameters, Random.keyed(1, 'pairs'));

  it('one lambda an image is Beta distributed', () => {
    for (const alpha of [0.2, 1, 4]) {
      const { data } = draw({ alpha, lambdaPer: 'image' }).lambda;
      const mean = data.reduce((sum, value) => sum + value, 0) / COUNT;
      const variance = data.reduce((sum, value) => sum + (value - mean) ** 2, 0) / COUNT;
      assert.ok(Math.abs(mean - 0.5) < 0.03, `mean ${mean}`);
      assert.ok(Math.abs(variance * 4 * (2 * alpha + 1) - 1) < 0.08, `variance ${variance}`);
    }
  });

  it('one lambda a batch is the same for each image, and another for another batch', () => {
    const [first, second] = [1, 2].map((seed) =>
      drawPairs(5, { alpha: 1, lambdaPer: 'batch' }, Random.keyed(seed, 'pairs')),
    );
    assert.ok(first && second);
    assert.deepEqual(first.lambda.data, new Float32Array(5).fill(first.lambda.data[0] ?? NaN));
    assert.notEqual(first.lambda.data[0], second.lambda.data[0]);
  });

  it('each image is the partner of one', () => {
    const { partner } = draw({ alpha: 1, lambdaPer: 'batch' });
    assert.deepEqual(
      [...partner.data].sort((a, b) => a - b),
      Array.from({ length: COUNT }, (_, n) => n),
    );
    assert.ok(partner.data.some((other, n) => other !== n));
  });

  it('a mixture has lambda of its own row, and leaves neither of the two', () => {
    const rows = float32(Float32Array.of(0, 1, 1, 1, 0.5, 0), [3, 2]);
    const pairs = {
      lambda: float32(Float32Array.of(1, 0.7, 0), [3]),
      partner: int32(Int32Array.of(1, 0, 2), [3]),
    };
    const { data } = mixedRows(rows, pairs);
    assert.deepEqual(data, Float32Array.of(0, 1, Math.fround(0.7), 1, 0.5, 0));
  });
});
