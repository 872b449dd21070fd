import assert from 'node:assert/strict';
import { confusionMatrix, confusionTable } from '../../../webview/sections/classes/confusion-matrix';
import { curvePlots } from '../../../webview/sections/curves/curve-plots';
import { normHistogram } from '../../../webview/sections/norms/norm-histogram';
import { madeReport } from '../../support/attack-run';

describe('webview: curves', () => {
  const [linf, l2, ...more] = curvePlots([
    {
      title: 'fgsm linf',
      norm: 'linf',
      kind: 'measured',
      points: [
        { epsilon: 0, robustAccuracy: 0.6 },
        { epsilon: 8 / 255, robustAccuracy: 0.3 },
      ],
    },
    {
      title: 'fab linf',
      norm: 'linf',
      kind: 'norms',
      points: [
        { epsilon: 0, robustAccuracy: 0.6 },
        { epsilon: 4 / 255, robustAccuracy: 0.4 },
      ],
    },
    { title: 'deepfool l2', norm: 'l2', kind: 'norms', points: [{ epsilon: 0, robustAccuracy: 0.6 }] },
  ]);

  it('has a plot for each norm and a line for each curve, on common epsilons in grey levels', () => {
    assert.ok(linf && l2);
    assert.equal(more.length, 0);
    assert.deepEqual(
      linf.frame.lines.map(({ label, marker }) => [label, marker]),
      [
        ['fgsm linf', 'diamond'],
        ['fab linf (norms found)', undefined],
      ],
    );
    const { steps, values } = linf.content.data(400);
    assert.deepEqual(steps, [0, 4, 8]);
    assert.deepEqual(values, [
      [0.6, undefined, 0.3],
      [0.6, 0.4, undefined],
    ]);
    assert.equal(linf.frame.axis.text(8), 'epsilon 8/255');
    assert.equal(l2.frame.axis.text(0.5), 'epsilon 0.5');
  });

  it('has the same numbers as a table', () => {
    const table = linf?.content.table();
    assert.ok(table);
    assert.deepEqual(
      Array.from({ length: table.count }, (_, at) => table.row(at).cells),
      [
        ['0/255', '60.0\u202f%', '60.0\u202f%'],
        ['4/255', '–', '40.0\u202f%'],
        ['8/255', '30.0\u202f%', '–'],
      ],
    );
  });
});

describe('webview: norms', () => {
  const report = madeReport();

  it('shows every image that was fooled in one bin, with the quartiles inside', () => {
    const [distribution, ...more] = report.analysis?.norms ?? [];
    assert.ok(distribution);
    assert.equal(more.length, 0);
    const shown = normHistogram(distribution, report);
    assert.equal(shown.title, 'L2 norms found by deepfool l2');
    assert.match(
      shown.summary,
      /^25 of 25 images fooled · median 0\.8 · quartiles 0\.4\d* and 1\.\d+ · from 0\.1 to 1\.5\d*$/,
    );
    assert.equal(
      shown.bins.reduce((sum, { count }) => sum + count, 0),
      25,
    );
    assert.equal(Math.max(...shown.bins.map(({ height }) => height)), 1);
    const { low, median, high } = shown.quartiles ?? { low: 1, median: 0, high: 0 };
    assert.ok(0 < low && low < median && median < high && high < 1);
    assert.deepEqual(shown.ticks, ['0.1', '0.45', '0.8', '1.15', '1.5']);
    assert.equal(shown.table.count, shown.bins.length + 5);
    const bins = shown.bins.length;
    assert.equal(bins, 30);
    assert.equal(shown.table.row(0).cells[0], '0.1 – 0.147');
    assert.equal(shown.table.row(bins - 1).cells[0], '1.453 – 1.5');
    assert.match(shown.table.row(shown.bins.length + 2).cells[0] ?? '', /^Median: 0\.8/);
  });

  it('does without bins when no image was fooled, and with a single norm', () => {
    const none = normHistogram(
      {
        attack: 2,
        norm: 'l2',
        attacked: 3,
        found: 0,
        quantiles: null,
        histogram: { from: 0, to: 0, counts: [] },
      },
      report,
    );
    assert.deepEqual(
      [none.summary, none.bins.length, none.quartiles],
      ['0 of 3 images fooled', 0, undefined],
    );
    const same = normHistogram(
      {
        attack: 2,
        norm: 'l2',
        attacked: 2,
        found: 2,
        quantiles: [1, 1, 1, 1, 1],
        histogram: { from: 1, to: 1, counts: [2] },
      },
      report,
    );
    assert.deepEqual(same.quartiles, { low: 0.5, median: 0.5, high: 0.5 });
    assert.deepEqual(same.ticks, ['1']);
  });
});

describe('webview: confusion', () => {
  it('counts images by true and predicted class, also classes that only occur elsewhere', () => {
    const matrix = confusionMatrix(
      [
        [0, 0, 4],
        [0, 7, 1],
        [2, 0, 3],
      ],
      [[3, 3, 1]],
    );
    assert.deepEqual(matrix.labels, [0, 2, 3, 7]);
    assert.deepEqual(matrix.counts, [
      [4, 0, 0, 1],
      [3, 0, 0, 0],
      [0, 0, 0, 0],
      [0, 0, 0, 0],
    ]);
    assert.deepEqual(matrix.totals, [5, 3, 0, 0]);
  });

  it('lists the largest confusions first, without what is right', () => {
    const table = confusionTable(
      [
        [0, 0, 4],
        [0, 7, 1],
        [2, 0, 3],
      ],
      'caption',
      (label) => `c${label}`,
    );
    assert.deepEqual(
      Array.from({ length: table.count }, (_, at) => table.row(at).cells),
      [
        ['c2', 'c0', '3', '100\u202f%'],
        ['c0', 'c7', '1', '20\u202f%'],
      ],
    );
  });

  it('holds every image of a report once', () => {
    const { confusion, classes } = madeReport().analysis ?? assert.fail();
    for (const entries of [confusion.clean, confusion.adversarial]) {
      const { totals, labels } = confusionMatrix(entries);
      assert.deepEqual(
        totals,
        labels.map((label) => classes.find((one) => one.label === label)?.count ?? 0),
      );
    }
  });
});
