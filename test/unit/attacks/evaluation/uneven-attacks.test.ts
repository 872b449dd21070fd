import assert from 'node:assert/strict';
import type { AttackOutcome, ImageOutcome } from '../../../../src/core/attacks/evaluation/evaluation';
import { attackTitle } from '../../../../src/core/attacks/plan/attack-title';
import { unevenWarnings } from '../../../../src/core/attacks/evaluation/uneven-attacks';
import { named } from '../named';

/** An attack that breaks some of 64 images, by their index. */
function outcome(
  request: object,
  breaks: (n: number) => boolean,
  changes: Partial<ImageOutcome> = {},
): AttackOutcome {
  const attack = named(request);
  const images = Array.from({ length: 64 }, (_, index) => ({
    index,
    label: 0,
    cleanPrediction: 0,
    adversarialPrediction: breaks(index) ? 1 : 0,
    broken: breaks(index),
    norm: 1,
    loss: 1,
    adversarialConfidence: 1,
    ...changes,
  }));
  return {
    ...attack,
    title: attackTitle(attack),
    group: 0,
    robustAccuracy: images.filter(({ broken }) => !broken).length / 64,
    seconds: 1,
    images,
    invalid: 0,
  };
}

const l1 = { norm: 'l1', epsilon: 4 };

describe('the warning of an attack that leaves far more robust than another', () => {
  it('names both, their numbers, and what to do', () => {
    const pgd = outcome({ name: 'pgd', ...l1 }, (n) => n < 18);
    const apgd = outcome({ name: 'apgd-ce', ...l1 }, () => true);
    assert.deepEqual(unevenWarnings([pgd, apgd]), [
      'pgd-20 l1 4 leaves 71.9 % robust where apgd-ce l1 4, within the same budget, leaves 0.0 %: the first has lost its ' +
        'way, and its number is no measure of robustness. Give it more steps, restarts or another step size, or go by ' +
        'the second.',
    ]);
  });

  it('waits for a tenth of the images, and for more than chance would do', () => {
    const pgd = outcome({ name: 'pgd' }, (n) => n >= 40);
    const breaking = (more: number, less = 0) =>
      outcome({ name: 'apgd-ce' }, (n) => n >= 40 - more && n < 64 - less);
    assert.deepEqual(unevenWarnings([pgd, breaking(6)]), []);
    assert.equal(unevenWarnings([pgd, breaking(9)]).length, 1);
    // The same difference, of images that fall to one or the other: two seeds may differ so.
    assert.deepEqual(unevenWarnings([pgd, breaking(21, 12)]), []);
  });

  it('compares neither budgets, nor norms, nor goals, nor what is weaker by design', () => {
    const none = (): boolean => false;
    const strong = outcome({ name: 'apgd-ce' }, () => true);
    for (const request of [
      { name: 'pgd', epsilon: '4/255' },
      { name: 'pgd', norm: 'l2' },
      { name: 'pgd', targeted: true },
      { name: 'fgsm' },
      { name: 'fgsm-rs' },
      { name: 'nes' },
      { name: 'deepfool' },
    ]) {
      assert.deepEqual(unevenWarnings([outcome(request, none), strong]), [], JSON.stringify(request));
    }
    const carried = outcome({ name: 'pgd' }, () => true, { carriedFrom: 0 });
    assert.deepEqual(unevenWarnings([outcome({ name: 'bim' }, none), carried]), []);
  });
});
