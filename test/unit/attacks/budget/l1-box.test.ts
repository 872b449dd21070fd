import assert from 'node:assert/strict';
import { writeWithinL1 } from '../../../../src/core/attacks/budget/l1-box';
import { Random } from '../../../../src/core/random';

/** The projection by its definition: the loss of every value is found by halving an interval. */
function projected(clean: Float32Array, delta: Float64Array, epsilon: number): number[] {
  const room = (i: number): number => ((delta[i] ?? 0) > 0 ? 1 - (clean[i] ?? 0) : (clean[i] ?? 0));
  const left = (amount: number): number[] =>
    Array.from(delta, (value, i) => Math.min(Math.max(Math.abs(value) - amount, 0), room(i)));
  const sum = (sizes: readonly number[]): number => sizes.reduce((total, size) => total + size, 0);
  let [low, high] = [0, sum(left(0)) > epsilon ? 1000 : 0];
  for (let n = 0; n < 100; n++) {
    const middle = (low + high) / 2;
    if (sum(left(middle)) > epsilon) low = middle;
    else high = middle;
  }
  return left(high).map((size, i) => (clean[i] ?? 0) + Math.sign(delta[i] ?? 0) * size);
}

describe('the part of an L1 ball that is in [0, 1]', () => {
  it('is reached at its nearest point, whatever sticks out', () => {
    const random = Random.keyed(0, 'l1-box');
    for (let n = 0; n < 200; n++) {
      const size = 1 + random.int(40);
      const clean = Float32Array.from({ length: size }, () =>
        random.uniform() < 0.2 ? random.int(2) : random.uniform(),
      );
      const scale = 10 ** (4 * random.uniform() - 2);
      const delta = Float64Array.from({ length: size }, () =>
        random.uniform() < 0.3 ? 0 : scale * random.normal(),
      );
      const epsilon = 0.01 + 5 * random.uniform();
      const image = new Float32Array(size);
      writeWithinL1(clean, delta, epsilon, image);
      const expected = projected(clean, delta, epsilon);
      let length = 0;
      for (const [i, value] of image.entries()) {
        assert.ok(value >= 0 && value <= 1);
        assert.ok(Math.abs(value - (expected[i] ?? NaN)) < 1e-5, `${value} is not ${expected[i]}`);
        length += Math.abs(value - (clean[i] ?? 0));
      }
      assert.ok(length <= epsilon + 1e-6, `${length} is more than ${epsilon}`);
    }
  });

  it('is left alone inside, and empties with the budget', () => {
    const [clean, image] = [Float32Array.of(0.5, 0.25), new Float32Array(2)];
    writeWithinL1(clean, Float64Array.of(0.25, -0.125), 1, image);
    assert.deepEqual([...image], [0.75, 0.125]);
    writeWithinL1(clean, Float64Array.of(3, -2), 0, image);
    assert.deepEqual([...image], [0.5, 0.25]);
    writeWithinL1(clean, Float64Array.of(0, 0), 1, image);
    assert.deepEqual([...image], [0.5, 0.25]);
  });
});
