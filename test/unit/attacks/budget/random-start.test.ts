import assert from 'node:assert/strict';
import { perturbationNorm } from '../../../../src/core/attacks/base/perturbation';
import { drawRandomStart } from '../../../../src/core/attacks/budget/random-start';
import { Random } from '../../../../src/core/random';

describe('a random start', () => {
  const epsilon = 0.5;
  for (const norm of ['linf', 'l2', 'l1'] as const) {
    it(`is inside the ball, at lengths of every size, and as often up as down (${norm})`, () => {
      const [count, size] = [200, 48];
      const streams = Array.from({ length: count }, (_, n) => Random.keyed(n, 'start'));
      const { data } = drawRandomStart(norm, [count, 4, 4, 3], epsilon, streams);
      const clean = new Float32Array(size);
      const lengths = Array.from({ length: count }, (_, n) =>
        perturbationNorm(clean, data.subarray(n * size, (n + 1) * size), norm),
      );
      assert.ok(lengths.every((length) => length > 0 && length <= epsilon * (1 + 1e-6)));
      const up = data.filter((value) => value > 0).length / data.length;
      assert.ok(Math.abs(up - 0.5) < 0.02, `${up} of the values are positive`);
      // In L-inf the longest of many values is nearly epsilon; elsewhere lengths are uniform.
      const [low = 0, middle = 0] = [0.25, 0.5].map((share) => lengths.sort((a, b) => a - b)[share * count]);
      const expected = norm === 'linf' ? [0.97, 0.99] : [0.25, 0.5];
      assert.ok(Math.abs(low / epsilon - (expected[0] ?? NaN)) < 0.1, String(low));
      assert.ok(Math.abs(middle / epsilon - (expected[1] ?? NaN)) < 0.1, String(middle));
    });
  }
});
