import assert from 'node:assert/strict';
import { withIntervals } from '../../../src/core/report/accuracy-intervals';
import { withAnalysis } from '../../../src/core/report/analyse-report';
import { percentRange, wilsonInterval } from '../../../src/core/report/wilson-interval';
import { attackReport, type AttackReport } from '../../../src/core/records/run-files';
import { madeReport } from '../../support/attack-run';

/** `scipy.stats.binomtest(right, count).proportion_ci(0.95, method='wilson')`. */
const reference: readonly (readonly [right: number, count: number, low: number, high: number])[] = [
  [0, 10, 0, 0.27753279986288926],
  [10, 10, 0.7224672001371109, 1],
  [10, 20, 0.2992980081982124, 0.7007019918017876],
  [225, 500, 0.40693965178133173, 0.49382278226482346],
  [1, 1000, 0.00017654637062607809, 0.0056425585979579355],
];

describe('the interval of an accuracy', () => {
  it("is Wilson's, as scipy computes it", () => {
    for (const [right, count, low, high] of reference) {
      const found = wilsonInterval(right / count, count) ?? assert.fail();
      assert.ok(Math.abs(found[0] - low) < 1e-12 && Math.abs(found[1] - high) < 1e-12, `${right}/${count}`);
    }
    assert.equal(wilsonInterval(0, 10)?.[0], 0);
    assert.equal(wilsonInterval(1, 10)?.[1], 1);
    assert.equal(percentRange([0.4069, 0.4938]), '40.7–49.4');
  });

  it('is none without images, or of what is no share', () => {
    assert.equal(wilsonInterval(0, 0), undefined);
    assert.equal(wilsonInterval(NaN, 10), undefined);
    assert.equal(wilsonInterval(1.5, 10), undefined);
  });
});

describe('the intervals of a report', () => {
  const report = madeReport();

  it('are with every accuracy, over all images and not only those that were right before', () => {
    assert.deepEqual(report.cleanAccuracyInterval, wilsonInterval(25 / 30, 30));
    assert.deepEqual(report.robustAccuracyInterval, wilsonInterval(8 / 30, 30));
    assert.deepEqual(report.attacks[0]?.robustAccuracyInterval, wilsonInterval(10 / 30, 30));
    assert.deepEqual(report.groups?.[0]?.robustAccuracyInterval, wilsonInterval(8 / 30, 30));
    const { classes, curves } = report.analysis ?? assert.fail();
    const first = classes[0] ?? assert.fail();
    assert.deepEqual(first.cleanInterval, wilsonInterval(first.clean / 10, 10));
    assert.deepEqual(first.robustInterval, wilsonInterval(first.robust / 10, 10));
    for (const { points } of curves) {
      for (const { robustAccuracy, robustAccuracyInterval } of points) {
        assert.deepEqual(robustAccuracyInterval, wilsonInterval(robustAccuracy, 30));
      }
    }
    assert.deepEqual(attackReport.parse(report), report);
  });

  it('are over the images that an attack came to, where it was stopped', () => {
    const bare = withoutIntervals(report);
    const attacks = bare.attacks.map((attack) => ({ ...attack, images: attack.images.slice(0, 12) }));
    const [attack] = withIntervals({ ...bare, attacks }).attacks;
    assert.deepEqual(attack?.robustAccuracyInterval, wilsonInterval(10 / 30, 12));
  });

  it('are added to a report of an earlier version', () => {
    assert.deepEqual(withAnalysis(withoutIntervals(report)), report);
  });
});

/** As an earlier version wrote it. */
function withoutIntervals(report: AttackReport): AttackReport {
  const text = JSON.stringify(report, (key, value: unknown) =>
    key.endsWith('Interval') ? undefined : value,
  );
  return attackReport.parse(JSON.parse(text));
}
