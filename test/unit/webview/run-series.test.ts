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

  it('keeps the final evaluation beside the one during training at the same step', () => {
    const series = new RunSeries();
    append(series, [evaluationRow(8), evaluationRow(8, { final: true, cleanAccuracy: 0.7 })]);
    assert.equal(series.evaluations.length, 2);
    assert.equal(series.latestEvaluation?.cleanAccuracy, 0.7);
    assert.equal(series.previousEvaluation, undefined);
  });
});
