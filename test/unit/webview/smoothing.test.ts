import assert from 'node:assert/strict';
import { smooth, weightFor } from '../../../webview/plots/smoothing';

describe('webview: smoothing', () => {
  it('does nothing at weight 0 and leaves a constant alone at any weight', () => {
    const values = Float64Array.of(1, 2, 3);
    assert.equal(smooth(values, 0), values);
    for (const value of smooth(new Float64Array(50).fill(0.3), 0.9)) assert.ok(Math.abs(value - 0.3) < 1e-12);
  });

  it('is the bias-corrected exponential moving average', () => {
    const [first, second] = smooth(Float64Array.of(1, 3), 0.5);
    assert.equal(first, 1);
    assert.ok(Math.abs((second ?? NaN) - (0.25 * 1 + 0.5 * 3) / 0.75) < 1e-12);
  });

  it('keeps gaps as gaps, without letting them into the average', () => {
    const smoothed = smooth(Float64Array.of(2, NaN, 2), 0.5);
    assert.ok(Number.isNaN(smoothed[1]));
    assert.equal(smoothed[2], 2);
  });

  it('smooths a hundred times as many points over a hundred times as many of them', () => {
    assert.equal(weightFor(0.6, 500), 0.6);
    assert.equal(weightFor(0, 100_000), 0);
    assert.ok(Math.abs(weightFor(0.6, 100_000) ** 100 - 0.6) < 1e-12);
  });
});
