import assert from 'node:assert/strict';
import { downsample } from '../../../webview/sections/metrics/downsample';

describe('webview: downsample', () => {
  const values = Float64Array.from({ length: 100_000 }, (_, index) => Math.sin(index / 5000));

  it('returns short ranges whole', () => {
    assert.deepEqual([...downsample([values], 10, 14, 100)], [10, 11, 12, 13]);
    assert.equal(downsample([values], 5, 5, 100).length, 0);
  });

  it('reduces a long range to a bounded, ascending list with both ends', () => {
    const picked = downsample([values], 0, values.length, 300);
    assert.ok(picked.length <= 300 * 5, `${picked.length} points`);
    assert.equal(picked[0], 0);
    assert.equal(picked.at(-1), values.length - 1);
    assert.ok(picked.every((index, at) => at === 0 || index > (picked[at - 1] ?? Infinity)));
  });

  it('never loses a single spike or a single gap of any series', () => {
    const spiky = values.slice();
    spiky[43_217] = 50;
    const gappy = values.slice();
    gappy[77_777] = NaN;
    const picked = new Set(downsample([spiky, gappy], 0, values.length, 200));
    assert.ok(picked.has(43_217));
    assert.ok(picked.has(77_777));
  });
});
