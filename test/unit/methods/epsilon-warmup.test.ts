import assert from 'node:assert/strict';
import { float32 } from '../../../src/core/engine/arrays/nd-array';
import { chooseMethod, chosenOptions } from '../../../src/core/methods/choose-method';
import { Random } from '../../../src/core/random';
import { builtIn } from '../../../src/core/registry/registry';

const STEPS = 40;

describe('the option epsilonWarmup', () => {
  const drawn = (step: number, options: object) => {
    const method = chooseMethod(
      builtIn.methods,
      { name: 'pgd-at' },
      chosenOptions(builtIn.options, { ...options }),
    );
    const images = float32(new Float32Array(12).fill(0.5), [1, 2, 2, 3]);
    const batch = { images, labels: Int32Array.of(0), classes: 2, progress: step / STEPS, steps: STEPS };
    const draws = method.draw(batch, (purpose) => Random.keyed(1, purpose, step));
    return method.complete(batch, draws);
  };
  const share = (step: number, epsilonWarmup: number) => drawn(step, { epsilonWarmup }).epsilonShare;

  it('gives the steps of its share 1/n, 2/n and so on of epsilon, and the others all of it', () => {
    assert.deepEqual(
      [0, 1, 2, 3, 4, 39].map((step) => share(step, 0.1)),
      [0.25, 0.5, 0.75, 1, 1, 1],
    );
    assert.deepEqual([share(0, 1), share(38, 1), share(39, 1)], [1 / 40, 39 / 40, 1]);
    assert.equal(share(0, 0.001), 1, 'less than a step');
    assert.equal(drawn(0, {}).epsilonShare, undefined);
  });

  it('draws the start from the ball of that size', () => {
    const [whole, part] = [{}, { epsilonWarmup: 0.1 }].map((options) => drawn(0, options).draws.start?.data);
    assert.ok(whole && part && whole.length === 12);
    for (const [i, value] of part.entries()) assert.ok(Math.abs(value - (whole[i] ?? NaN) / 4) < 1e-8);
    assert.ok(part.some((value) => value !== 0));
  });
});
