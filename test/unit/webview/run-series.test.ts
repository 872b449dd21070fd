import assert from 'node:assert/strict';
import { RunSeries } from '../../../webview/state/run-series';
import { append, evaluationRow, stepRow } from './rows';

describe('webview: run series', () => {
  it('keeps every step over several growths of its columns', () => {
    const series = new RunSeries();
    append(
      series,
      Array.from({ length: 5000 }, (_, index) => stepRow(index + 1)),
    );
    assert.equal(series.length, 5000);
    assert.equal(series.column('step')[4999], 5000);
    assert.equal(series.latest('loss'), 2 - 5);
  });

  it('has a column for each name, NaN where it was not measured', () => {
    const series = new RunSeries();
    const others = { gradientNorm: 0.25, clipped: null };
    append(series, [stepRow(1), { ...stepRow(2), ...others }, stepRow(3)]);
    assert.deepEqual([...series.column('gradientNorm')], [NaN, 0.25, NaN]);
    assert.deepEqual([...series.column('clipped')], [NaN, NaN, NaN]);
    const endless = Object.fromEntries(Array.from({ length: 500 }, (_, n) => [`column${n}`, n]));
    append(series, [{ ...stepRow(4), ...endless }]);
    assert.ok([...series.names].length < 100);
    assert.equal(series.latest('loss'), stepRow(4).loss);
  });

  it('turns a loss that was not finite into NaN', () => {
    const series = new RunSeries();
    append(series, [stepRow(1, { loss: null })]);
    assert.ok(Number.isNaN(series.latest('loss')));
  });

  it('lets the rows of a resumed run replace those after its checkpoint', () => {
    const series = new RunSeries();
    append(series, [stepRow(1), stepRow(2), evaluationRow(2), stepRow(3), stepRow(4), evaluationRow(4)]);
    append(series, [stepRow(3, { loss: 9 })]);
    assert.deepEqual([...series.column('step')], [1, 2, 3]);
    assert.equal(series.latest('loss'), 9);
    assert.deepEqual(
      series.evaluations.map(({ step }) => step),
      [2],
    );
  });

  it('keeps both final evaluations, and those of a resumed run once', () => {
    const series = new RunSeries();
    const rows = [
      evaluationRow(8),
      evaluationRow(8, { final: true, beside: true, cleanAccuracy: 0.6 }),
      evaluationRow(8, { final: true, cleanAccuracy: 0.7 }),
    ];
    append(series, rows);
    assert.deepEqual(series.evaluations, rows);
    append(series, rows.slice(1));
    assert.deepEqual(series.evaluations, rows);
    assert.equal(series.latestEvaluation?.cleanAccuracy, 0.7);
  });

  it('keeps the final evaluation beside the one during training at the same step', () => {
    const series = new RunSeries();
    append(series, [evaluationRow(8), evaluationRow(8, { final: true, cleanAccuracy: 0.7 })]);
    assert.equal(series.evaluations.length, 2);
    assert.equal(series.latestEvaluation?.cleanAccuracy, 0.7);
    assert.equal(series.previousEvaluation, undefined);
  });
});
