import assert from 'node:assert/strict';
import { fraction } from '../../../src/core/fraction';

describe('fraction', () => {
  it('reads numbers and fractions', () => {
    assert.equal(fraction.parse('8/255'), 8 / 255);
    assert.equal(fraction.parse(' 8 / 255 '), 8 / 255);
    assert.equal(fraction.parse('0.5'), 0.5);
    assert.equal(fraction.parse(0.03), 0.03);
  });

  for (const bad of ['', 'eight', '1/0', '-1/2', -0.1, Number.NaN, '8/255/2', null]) {
    it(`refuses ${JSON.stringify(bad)}`, () => {
      assert.equal(fraction.safeParse(bad).success, false);
    });
  }
});
