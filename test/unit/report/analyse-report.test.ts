import assert from 'node:assert/strict';
import { analyseReport, withAnalysis } from '../../../src/core/report/analyse-report';
import type { AnalysableReport } from '../../../src/core/report/report-attacks';
import { reportAnalysis } from '../../../src/core/records/run-files';
import { madeReport } from '../../support/attack-run';
import { handMadeAttack, handMadeGroup, type HandMade } from './hand-made-report';

type Analysis = ReturnType<typeof analyseReport>;

/** Without the intervals, which follow from the rest. */
function bareCurves(curves: Analysis['curves']): unknown[] {
  return curves.map((curve) => ({
    ...curve,
    points: curve.points.map(({ epsilon, robustAccuracy }) => ({ epsilon, robustAccuracy })),
  }));
}

function bareClasses(classes: Analysis['classes']): unknown[] {
  return classes.map(({ label, count, clean, robust }) => ({ label, count, clean, robust }));
}

describe('analyseReport', () => {
  // Two clean errors (positions 3 and 5), of classes 0 and 2.
  const fgsm: HandMade[] = [
    [0, 0],
    [0, 0, [1, 0.03]],
    [1, 1, [2, 0.03, 5]],
    [0, 2],
    [2, 2],
    [2, 0],
  ];
  const pgd: HandMade[] = [
    [0, 0, [2, 0.03]],
    [0, 0],
    [1, 1, [0, 0.03, 4]],
    [0, 2],
    [2, 2],
    [2, 0],
  ];
  const two: AnalysableReport = {
    count: 6,
    attacks: [
      handMadeAttack({ name: 'fgsm' }, fgsm, 0),
      handMadeAttack({ name: 'pgd' }, pgd, 1),
      // A curve: its successes belong to another question.
      handMadeAttack(
        { name: 'pgd', epsilon: 0.5 },
        fgsm.map(([label, clean]) =>
          label === clean ? [label, clean, [1 - (label % 2), 0.5]] : [label, clean],
        ),
        2,
      ),
    ],
    groups: [handMadeGroup('fgsm'), handMadeGroup('pgd'), handMadeGroup('pgd-20 linf', [0.5])],
  };

  it('counts for each class what is right clean, and what withstood every attack that counts', () => {
    assert.deepEqual(bareClasses(analyseReport(two).classes), [
      { label: 0, count: 3, clean: 2, robust: 0 },
      { label: 1, count: 1, clean: 1, robust: 0 },
      { label: 2, count: 2, clean: 1, robust: 1 },
    ]);
  });

  it('takes the adversarial prediction of the attack with the highest loss', () => {
    const { clean, adversarial } = analyseReport(two).confusion;
    assert.deepEqual(clean, [
      [0, 0, 2],
      [0, 2, 1],
      [1, 1, 1],
      [2, 0, 1],
      [2, 2, 1],
    ]);
    assert.deepEqual(adversarial, [
      [0, 1, 1],
      [0, 2, 2],
      [1, 2, 1],
      [2, 0, 1],
      [2, 2, 1],
    ]);
    const lost = handMadeAttack(
      { name: 'bim' },
      [...pgd.slice(0, 2), [1, 1, [0, 0.03, null]], ...pgd.slice(3)],
      1,
    );
    const { confusion } = analyseReport({ ...two, attacks: [...two.attacks.slice(0, 1), lost] });
    assert.deepEqual(
      confusion.adversarial.filter(([label]) => label === 1),
      [[1, 0, 1]],
      'a loss too large for a number is the highest',
    );
  });

  it('looks only at the images that every attack is through with', () => {
    const { classes, confusion } = analyseReport({ ...two, count: 2 });
    assert.deepEqual(bareClasses(classes), [{ label: 0, count: 2, clean: 2, robust: 0 }]);
    assert.deepEqual(confusion.clean, [[0, 0, 2]]);
    const empty = analyseReport({ count: 0, attacks: [] });
    assert.deepEqual(empty, {
      classes: [],
      confusion: { clean: [], adversarial: [] },
      curves: [],
      norms: [],
      attacks: [],
    });
  });

  describe('curves', () => {
    const small: HandMade[] = [
      [0, 0, [1, 0.01]],
      [0, 0],
      [1, 1],
      [1, 0],
    ];
    const large: HandMade[] = [
      [0, 0, [1, 0.01, 2, 1]],
      [0, 0, [2, 0.02]],
      [1, 1],
      [1, 0],
    ];
    const own: HandMade[] = [
      [0, 0],
      [0, 0, [2, 0.04]],
      [1, 1, [0, 0.04]],
      [1, 0],
    ];
    const report: AnalysableReport = {
      count: 4,
      attacks: [
        handMadeAttack({ name: 'pgd', epsilon: 0.04, stepSize: 0.01 }, own, 0),
        handMadeAttack({ name: 'pgd', epsilon: 0.01, stepSize: 0.0025 }, small, 1),
        handMadeAttack({ name: 'pgd', epsilon: 0.02, stepSize: 0.005 }, large, 1),
      ],
      groups: [handMadeGroup('pgd-20 linf 0.04'), handMadeGroup('pgd-20 linf', [0.01, 0.02])],
    };

    it('start with the clean accuracy, hold the same attack with its own budget, and never rise', () => {
      assert.deepEqual(bareCurves(analyseReport(report).curves), [
        {
          title: 'pgd-20 linf',
          norm: 'linf',
          kind: 'measured',
          points: [
            { epsilon: 0, robustAccuracy: 0.75 },
            { epsilon: 0.01, robustAccuracy: 0.5 },
            { epsilon: 0.02, robustAccuracy: 0.25 },
            // The attack with this budget broke two images, and a smaller one a third.
            { epsilon: 0.04, robustAccuracy: 0 },
          ],
        },
      ]);
    });

    it('leave out an epsilon that is not measured to the end, and attacks that differ', () => {
      const [first, second, third] = report.attacks;
      assert.ok(first && second && third);
      const goingOn = { ...third, images: third.images.slice(0, 2) };
      const points = (attacks: AnalysableReport['attacks']): number[] | undefined =>
        analyseReport({ ...report, attacks }).curves[0]?.points.map(({ epsilon }) => epsilon);
      assert.deepEqual(points([first, second, goingOn]), [0, 0.01, 0.04]);
      const other = handMadeAttack({ name: 'pgd', epsilon: 0.04, steps: 50 }, own, 0);
      assert.deepEqual(points([other, second, third]), [0, 0.01, 0.02]);
      assert.deepEqual(analyseReport({ ...report, attacks: [first] }).curves, []);
    });

    it('of an ensemble have an epsilon when all of its attacks are through with it', () => {
      const second = own.map(([label, clean]): HandMade => [label, clean]);
      const members = (epsilon: number, group: number) => [
        handMadeAttack({ name: 'apgd-ce', epsilon }, own, group),
        handMadeAttack({ name: 'square', epsilon }, second, group),
      ];
      const attacks = [...members(0.04, 0), ...members(0.05, 1), ...members(0.06, 1).slice(0, 1)];
      const { curves } = analyseReport({
        count: 4,
        attacks,
        groups: [{ ...handMadeGroup('both'), ensemble: true }, handMadeGroup('both', [0.05, 0.06])],
      });
      assert.deepEqual(
        curves[0]?.points.map(({ epsilon }) => epsilon),
        [0, 0.04, 0.05],
      );
    });

    it('follow the norms that a minimal-norm attack finds, with about 100 points at most', () => {
      const found: HandMade[] = [
        [0, 0, [1, 0.5]],
        [0, 0, [1, 0.25]],
        [1, 1, [0, 1]],
        [1, 1],
        [1, 0],
      ];
      const deepfool = handMadeAttack({ name: 'deepfool' }, found, 0);
      const { curves } = analyseReport({
        count: 5,
        attacks: [deepfool],
        groups: [handMadeGroup('deepfool l2')],
      });
      assert.deepEqual(bareCurves(curves), [
        {
          title: 'deepfool l2',
          norm: 'l2',
          kind: 'norms',
          points: [
            { epsilon: 0, robustAccuracy: 0.8 },
            { epsilon: 0.25, robustAccuracy: 0.6 },
            { epsilon: 0.5, robustAccuracy: 0.4 },
            { epsilon: 1, robustAccuracy: 0.2 },
          ],
        },
      ]);
      const many = Array.from({ length: 1000 }, (_, n): HandMade => [0, 0, [1, (n + 1) / 1000]]);
      const [curve] = analyseReport({ count: 1000, attacks: [handMadeAttack({ name: 'cw' }, many)] }).curves;
      assert.equal(curve?.points.length, 101);
      for (const { epsilon, robustAccuracy } of curve.points) {
        assert.ok(Math.abs(robustAccuracy - (1 - epsilon)) < 1e-9);
      }
      const { epsilon, robustAccuracy } = curve.points.at(-1) ?? assert.fail();
      assert.deepEqual([epsilon, robustAccuracy], [1, 0]);
    });
  });

  it('tells how the minimal norms are spread, of what was fooled with any norm', () => {
    const norms = Array.from({ length: 5 }, (_, n): HandMade => [0, 0, [1, n + 1]]);
    const cw = handMadeAttack({ name: 'cw', epsilon: 2 }, [...norms, [0, 0], [0, 1]], 0);
    const analysis = analyseReport({ count: 7, attacks: [cw], groups: [handMadeGroup('cw')] });
    const [distribution] = analysis.norms;
    assert.ok(distribution);
    const { histogram, ...rest } = distribution;
    assert.deepEqual(rest, { attack: 0, norm: 'l2', attacked: 6, found: 5, quantiles: [1, 2, 3, 4, 5] });
    assert.deepEqual([histogram.from, histogram.to, histogram.counts.length], [1, 5, 30]);
    assert.deepEqual(
      histogram.counts.flatMap((count, bin) => (count > 0 ? [[bin, count]] : [])),
      [
        [0, 1],
        [7, 1],
        [15, 1],
        [22, 1],
        [29, 1],
      ],
    );
    assert.deepEqual(reportAnalysis.parse(analysis), analysis);
    const none = analyseReport({ count: 1, attacks: [handMadeAttack({ name: 'cw' }, [[0, 0]])] });
    assert.deepEqual(none.norms, [
      {
        attack: 0,
        norm: 'l2',
        attacked: 1,
        found: 0,
        quantiles: null,
        histogram: { from: 0, to: 0, counts: [] },
      },
    ]);
    const same = analyseReport({ count: 1, attacks: [handMadeAttack({ name: 'jsma' }, [[0, 0, [1, 4]]])] });
    assert.deepEqual(same.norms[0]?.histogram, { from: 4, to: 4, counts: [1] });
    // An image of the target's own class was left out.
    const towards = handMadeAttack({ name: 'cw', target: 2 }, [
      [0, 0, [2, 1]],
      [2, 2],
      [1, 1],
    ]);
    const images = towards.images.map((image) => ({ ...image, target: 2, misclassified: image.broken }));
    const targeted = analyseReport({ count: 3, attacks: [{ ...towards, images }] });
    assert.deepEqual([targeted.norms[0]?.attacked, targeted.norms[0]?.found], [2, 1]);
  });

  it('says nothing of minimal norms where an ensemble left images out', () => {
    const attacks = [
      handMadeAttack({ name: 'apgd-ce' }, [[0, 0, [1, 0.03]]], 0),
      handMadeAttack({ name: 'fab-t', epsilon: 8 / 255 }, [[0, 0, [1, 0.03, 2, 0]]], 0),
    ];
    const groups = [{ ...handMadeGroup('autoattack'), ensemble: true }];
    const { norms, curves } = analyseReport({ count: 1, attacks, groups });
    assert.deepEqual([norms, curves], [[], []]);
  });

  it('counts for each attack what it attacked itself and fooled, also beyond the images that all are through with', () => {
    const member = handMadeAttack(
      { name: 'apgd-ce' },
      [
        [0, 0, [1, 0.03]],
        [0, 0],
        [0, 1],
      ],
      0,
    );
    const next = handMadeAttack({ name: 'fab-t', epsilon: 1 }, [
      [0, 0, [1, 0.03, 2, 0]],
      [0, 0, [1, 0.5]],
      [0, 1],
      [0, 0, [1, 0.25]],
      [0, 0],
    ]);
    assert.deepEqual(analyseReport({ count: 3, attacks: [member, next] }).attacks, [
      { images: 3, attacked: 2, fooled: 1, medianNorm: 0.03 },
      { images: 5, attacked: 3, fooled: 2, medianNorm: 0.375 },
    ]);
    // A turned image has no norm.
    const turned = handMadeAttack({ name: 'spatial' }, [[0, 0, [1, 0.9]]]);
    assert.deepEqual(analyseReport({ count: 1, attacks: [turned] }).attacks, [
      { images: 1, attacked: 1, fooled: 1, medianNorm: null },
    ]);
    const [untouched] =
      analyseReport({ count: 0, attacks: [handMadeAttack({ name: 'pgd' }, [])] }).attacks ?? [];
    assert.deepEqual(untouched, { images: 0, attacked: 0, fooled: 0, medianNorm: null });
  });

  it('adds what the analysis of an earlier version lacks, and keeps the rest', () => {
    const report = madeReport();
    assert.ok(report.analysis?.attacks);
    const { attacks, ...earlier } = report.analysis;
    const kept = { ...earlier, classes: [] };
    assert.deepEqual(reportAnalysis.parse(kept), kept, 'it can still be read');
    assert.deepEqual(withAnalysis({ ...report, analysis: kept }).analysis, { ...kept, attacks });
    assert.equal(withAnalysis(report), report);
  });
});
