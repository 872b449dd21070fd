import assert from 'node:assert/strict';
import * as format from '../../../webview/text/format';

describe('webview: format', () => {
  it('shows fractions as percentages, and a dash for what was not measured', () => {
    assert.equal(format.percent(0.6013), '60.1\u202f%');
    assert.equal(format.percent(1, 0), '100\u202f%');
    for (const nothing of [null, undefined, NaN, Infinity])
      assert.equal(format.percent(nothing), format.NONE);
  });

  it('keeps about four significant digits of a measurement', () => {
    const texts = [0, 2.30259, 0.1, 0.01251, 12_345.6, 1.5e-7, 2e7].map((value) => format.measured(value));
    assert.deepEqual(texts, ['0', '2.303', '0.1', '0.01251', '12,346', '1.50e-7', '2.00e+7']);
  });

  it('shows spans of time', () => {
    assert.deepEqual(
      [0.84, 42.4, 59.6, 125, 11_220].map((seconds) => format.duration(seconds)),
      ['0.8 s', '42 s', '1 min 00 s', '2 min 05 s', '3 h 07 min'],
    );
    assert.deepEqual([0, 42.9, 725, 11_232].map(format.clock), ['0:00', '0:42', '12:05', '3:07:12']);
    assert.deepEqual([0.2, 59.9, 84, 119.7].map(format.timeLeft), [
      '1 s left',
      '1 min 00 s left',
      '1 min 24 s left',
      '2 min 00 s left',
    ]);
  });

  it('shows a perturbation budget in grey levels where it is a whole number of them', () => {
    assert.deepEqual([8 / 255, 0.5, 2 / 255].map(format.budget), ['8/255', '0.5', '2/255']);
  });
});
