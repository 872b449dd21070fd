import assert from 'node:assert/strict';
import { isClearlyThrough, isThrough } from '../../../../src/core/attacks/base/score-loss';

describe('an image that is clearly through', () => {
  const cases: readonly [string, readonly number[], number | undefined, boolean, boolean][] = [
    ['is misclassified by more than rounding', [1, 1.005], undefined, true, true],
    [
      'is not where large logits differ by as much as they are rounded',
      [1000, 1000.005],
      undefined,
      true,
      false,
    ],
    ['nor where they are negative', [-1000, -999.995], undefined, true, false],
    ['nor where the label is the largest', [1.005, 1], undefined, false, false],
    ['has its target as the largest', [1, 0, 1.005], 2, true, true],
    ['has not where another is about as large', [1000, 0, 1000.005], 2, true, false],
    ['has not where it is misclassified as another', [0, 1, 0.5], 2, false, false],
    ['is misclassified where a logit is no number', [1, NaN], undefined, true, true],
    ['reaches no target with one', [0, NaN, 1], 2, false, false],
  ];
  for (const [what, logits, target, through, clearly] of cases) {
    it(what, () => {
      const scores = Float32Array.from(logits);
      assert.equal(isThrough(scores, { label: 0, target }), through);
      assert.equal(isClearlyThrough(scores, { label: 0, target }), clearly);
    });
  }
});
