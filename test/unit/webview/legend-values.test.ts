import assert from 'node:assert/strict';
import { curvePlots } from '../../../webview/sections/curves/curve-plots';
import { legendValues } from '../../../webview/plots/legend-values';
import { visibleIndices } from '../../../webview/plots/plot-values';
import { plotData } from '../../../webview/sections/metrics/plot-data';
import { plotDefinitions, type PlotDefinition } from '../../../webview/sections/metrics/plot-definitions';
import { stepFrame } from '../../../webview/sections/metrics/step-frame';
import { RunSeries } from '../../../webview/state/run-series';
import { append, evaluationRow, stepRow } from './rows';

function definition(id: PlotDefinition['id']): PlotDefinition {
  return plotDefinitions.find((one) => one.id === id) ?? assert.fail();
}

describe('webview: legend', () => {
  const accuracy = definition('accuracy');
  const frame = stepFrame(accuracy);
  const series = new RunSeries();
  // The batch accuracy tells the step that it is of.
  const steps = Array.from({ length: 1000 }, (_, n) => stepRow(n + 1, { batchAccuracy: (n + 1) / 1000 }));
  append(series, [
    ...steps.slice(0, 400),
    evaluationRow(400),
    ...steps.slice(400),
    evaluationRow(1000, { cleanAccuracy: 0.9 }),
  ]);
  const shown = (range: readonly [number, number] | undefined, smoothing = 0) => {
    const data = plotData(accuracy, series, { range, width: 400, smoothing });
    const index = visibleIndices(data.steps, range)[1];
    return { step: data.steps[index], values: legendValues(frame, data, index), data };
  };

  it('of a zoomed plot names the last step that is shown, with the values of that step', () => {
    const { step, values, data } = shown([500, 510]);
    assert.equal(step, 510);
    assert.equal(values.get('batch')?.text, '51.0\u202f%');
    assert.equal(values.get('clean')?.text, '60.0\u202f%', 'not the 90 % of step 1000');
    assert.ok(data.steps.includes(400) && data.steps.includes(1000), 'lines run to the edge');
  });

  it('says where a value was measured that is not of the step it names', () => {
    const { values } = shown([500, 510]);
    assert.equal(values.get('clean')?.note, '55.6–64.2, at step 400');
    assert.equal(values.get('batch')?.note, '');
  });

  it('of the whole run names its last step, with the 95 % intervals of accuracies', () => {
    const { step, values } = shown(undefined);
    assert.equal(step, 1000);
    assert.deepEqual(values.get('clean'), { text: '90.0\u202f%', note: '87.1–92.3' });
    assert.equal(values.get('batch')?.text, '100.0\u202f%');
  });

  it('has what was measured, and beside it what the smoothed line shows', () => {
    const { values } = shown(undefined, 0.9);
    assert.equal(values.get('batch')?.text, '100.0\u202f%');
    assert.match(values.get('batch')?.note ?? '', /^smoothed 9\d\.\d\u202f%$/);
  });

  it('of a curve against epsilon does the same', () => {
    const point = (epsilon: number, robustAccuracy: number) => ({ epsilon, robustAccuracy });
    const [plot] = curvePlots([
      { title: 'a', norm: 'l2', kind: 'measured', points: [point(0, 0.8), point(2, 0.2)] },
      {
        title: 'b',
        norm: 'l2',
        kind: 'measured',
        points: [point(0, 0.8), { ...point(1, 0.45), robustAccuracyInterval: [0.4069, 0.4938] }],
      },
    ]);
    assert.ok(plot);
    const values = legendValues(plot.frame, plot.content.data(400), 1);
    assert.deepEqual(values.get('0'), { text: '80.0\u202f%', note: 'at epsilon 0' });
    assert.deepEqual(values.get('1'), { text: '45.0\u202f%', note: '40.7–49.4' });
  });
});
