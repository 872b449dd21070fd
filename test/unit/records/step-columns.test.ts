import assert from 'node:assert/strict';
import { inColumns, mostColumns, stepColumns } from '../../../src/core/records/step-columns';
import type { MetricRow } from '../../../src/core/records/run-files';
import { RunSeries } from '../../../webview/state/run-series';
import { append, evaluationRow, stepRow } from '../webview/rows';

const endless = Object.fromEntries(Array.from({ length: 100 }, (_, n) => [`column${n}`, n]));
const rows: MetricRow[] = [
  stepRow(1, { loss: null }),
  { ...stepRow(2), ...{ gradientNorm: 0.5, clipped: null } },
  evaluationRow(2),
  { ...stepRow(3), ...endless },
  evaluationRow(3),
  evaluationRow(3, { final: true, beside: true }),
  evaluationRow(3, { final: true }),
];

function contentOf(series: RunSeries): object {
  return {
    columns: Object.fromEntries([...series.names].map((name) => [name, [...series.column(name)]])),
    evaluations: series.evaluations,
  };
}

describe('steps in columns', () => {
  it('are what the rows are, one after the other', () => {
    const [whole, single] = [new RunSeries(), new RunSeries()];
    append(single, rows);
    const { rows: others, steps } = inColumns(rows);
    assert.deepEqual(
      others,
      rows.filter(({ kind }) => kind === 'evaluation'),
    );
    const sent = stepColumns.parse(structuredClone(steps));
    assert.equal(sent.length, mostColumns);
    whole.reset(sent, others);
    assert.deepEqual(contentOf(whole), contentOf(single));
    for (const series of [whole, single])
      append(series, [stepRow(4), evaluationRow(4), stepRow(3), evaluationRow(3)]);
    assert.deepEqual(contentOf(whole), contentOf(single));
  });

  it('are none for a run without any, and take nothing of what was there', () => {
    const series = new RunSeries();
    append(series, rows);
    const { steps } = inColumns([evaluationRow(1)]);
    assert.equal(steps, undefined);
    series.reset([], [evaluationRow(1)]);
    assert.equal(series.length, 0);
    assert.deepEqual(series.evaluations, [evaluationRow(1)]);
  });

  it('hold no value that is not finite', () => {
    const { steps } = inColumns([{ ...stepRow(1), ...{ far: Infinity } }]);
    assert.deepEqual(steps?.find(({ name }) => name === 'far')?.values, Float64Array.of(NaN));
  });

  it('are checked as a whole', () => {
    const column = (name: string, ...values: number[]) => ({ name, values: Float64Array.from(values) });
    const step = column('step', 1, 2, 5);
    const wrong: [RegExp, readonly object[]][] = [
      [/another column/, [column('loss', 1, 2, 5), step]],
      [/twice/, [step, column('loss', 1, 2, 3), column('loss', 1, 2, 3)]],
      [/different lengths/, [step, column('loss', 1, 2)]],
      [/order/, [column('step', 1, 3, 2)]],
      [/order/, [column('step', 1, 1)]],
      [/order/, [column('step', -1)]],
      [/order/, [column('step', 0.5)]],
      [/order/, [column('step', NaN)]],
      [/not finite/, [step, column('loss', 1, Infinity, 3)]],
      [/Float64Array|instance/, [{ name: 'step', values: [1, 2, 5] }]],
      [/64/, [step, ...Array.from({ length: mostColumns }, (_, n) => column(`c${n}`, 1, 2, 3))]],
    ];
    assert.ok(stepColumns.safeParse([step, column('loss', 1, NaN, 3)]).success);
    for (const [message, columns] of wrong) assert.throws(() => stepColumns.parse(columns), message);
  });
});
