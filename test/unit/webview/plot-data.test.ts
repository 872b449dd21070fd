import assert from 'node:assert/strict';
import { measuredAt, visibleIndices } from '../../../webview/plots/plot-values';
import { curvesOf, plotData } from '../../../webview/sections/metrics/plot-data';
import { plotDefinitions, type PlotDefinition } from '../../../webview/sections/metrics/plot-definitions';
import { plotTable } from '../../../webview/sections/metrics/plot-table';
import { RunSeries } from '../../../webview/state/run-series';
import { append, evaluationRow, stepRow } from './rows';

function definition(id: PlotDefinition['id']): PlotDefinition {
  const found = plotDefinitions.find((one) => one.id === id);
  assert.ok(found);
  return found;
}

function recorded(): RunSeries {
  const series = new RunSeries();
  append(series, [
    stepRow(1),
    stepRow(2, { batchAccuracy: 0.3 }),
    evaluationRow(2),
    stepRow(3, { loss: null }),
    evaluationRow(4, { cleanAccuracy: 0.65 }),
    evaluationRow(4, { final: true, cleanAccuracy: 0.7, count: 1000 }),
  ]);
  return series;
}

const view = { range: undefined, width: 400, smoothing: 0 };

describe('webview: plot data', () => {
  it('puts steps and evaluations on common ascending steps', () => {
    const accuracy = definition('accuracy');
    const { steps, values } = plotData(accuracy, recorded(), view);
    assert.deepEqual(steps, [1, 2, 3, 4]);
    const curves = curvesOf(accuracy).map(({ line, role }) => `${line} ${role}`);
    assert.deepEqual(curves, ['batch raw', 'batch value', 'clean value', 'robust value']);
    assert.deepEqual(values[0], [0.25, 0.3, 0.25, undefined]);
    assert.deepEqual(values[2], [undefined, 0.6, undefined, 0.65]);
  });

  it('marks a loss that was not finite as a gap, unlike a step without a measurement', () => {
    const { values } = plotData(definition('loss'), recorded(), view);
    assert.deepEqual(values[0]?.slice(2), [null, undefined]);
  });

  it('shows only the points around the visible steps', () => {
    const series = new RunSeries();
    append(
      series,
      Array.from({ length: 1000 }, (_, index) => stepRow(index + 1)),
    );
    const { steps } = plotData(definition('learningRate'), series, { ...view, range: [500, 510] });
    assert.equal(steps[0], 499);
    assert.equal(steps.at(-1), 511);
  });

  it('bounds the points of a long run by the width', () => {
    const series = new RunSeries();
    append(
      series,
      Array.from({ length: 50_000 }, (_, index) => stepRow(index + 1)),
    );
    const { steps, values } = plotData(definition('loss'), series, { ...view, smoothing: 0.6 });
    assert.ok(steps.length < 400 * 10, `${steps.length} points`);
    assert.ok(values.every((curve) => curve.length === steps.length));
  });

  it('keeps what a step measured at the step of an evaluation, however many it leaves out', () => {
    const series = new RunSeries();
    const steps = Array.from({ length: 20_000 }, (_, index) => stepRow(index + 1, { batchAccuracy: 0.5 }));
    append(series, [...steps.slice(0, 7777), evaluationRow(7777), ...steps.slice(7777)]);
    const shown = plotData(definition('accuracy'), series, { ...view, width: 64 });
    assert.ok(shown.steps.length < 2000);
    assert.equal(shown.values[0]?.[shown.steps.indexOf(7777)], 0.5);
  });

  it('finds where a value at the cursor was measured: there, or the last time before it', () => {
    assert.equal(measuredAt([1, undefined, undefined], 2), 0);
    assert.equal(measuredAt([1, null, undefined], 2), 1);
    assert.equal(measuredAt([undefined, 3], 0), undefined);
  });

  it('knows which steps a range shows', () => {
    const steps = [10, 20, 30, 40];
    assert.deepEqual(visibleIndices(steps, undefined), [0, 3]);
    assert.deepEqual(visibleIndices(steps, [15, 30]), [1, 2]);
    assert.deepEqual(visibleIndices(steps, [20, 39]), [1, 2]);
    assert.deepEqual(visibleIndices(steps, [21, 29]), [1, 1], 'none: the last one before it');
    assert.deepEqual(visibleIndices(steps, [1, 2]), [0, 0]);
    assert.deepEqual(visibleIndices([], [1, 2]), [0, 0]);
  });
});

describe('webview: plot table', () => {
  it('lists steps and evaluations, newest first, with every evaluation', () => {
    const table = plotTable(definition('accuracy'), recorded());
    const rows = Array.from({ length: table.count }, (_, index) => table.row(index));
    assert.deepEqual(
      rows.map(({ cells }) => `${cells[0]} ${cells.at(-1)}`),
      ['4 1,000 images, final', '4 500 images', '3 batch', '2 500 images', '2 batch', '1 batch'],
    );
    const within = ['60.0\u202f% (55.6–64.2)', '20.0\u202f% (16.7–23.7)'];
    assert.deepEqual(rows[3]?.cells.slice(2, 5), ['–', ...within], 'of 500 images');
    assert.deepEqual(
      rows.map(({ strong }) => strong),
      [true, true, false, true, false, false],
    );
    assert.deepEqual(rows[4]?.cells.slice(2, 5), ['30.0\u202f%', '–', '–']);
  });

  it('has only step rows where the plot has no evaluations', () => {
    const table = plotTable(definition('learningRate'), recorded());
    assert.equal(table.count, 3);
    assert.deepEqual(table.row(0).cells, ['3', '0.03', '0.1']);
  });
});
