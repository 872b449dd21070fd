import assert from 'node:assert/strict';
import { readRankedPredictions } from '../../../../src/core/attacks/base/predictions';
import { attackTitle } from '../../../../src/core/attacks/plan/attack-title';
import { isTargeted, targetRuleOf } from '../../../../src/core/attacks/parameters/target-rule';
import { targetRule, type TargetRule } from '../../../../src/core/attacks/parameters/target-schema';
import { assertTargets, chooseTargets } from '../../../../src/core/attacks/base/targets';
import { float32 } from '../../../../src/core/engine/arrays/nd-array';
import { M2atError } from '../../../../src/core/errors';
import { named, planned, requested } from '../named';

describe('targets', () => {
  const classes = 4;
  const labels = Int32Array.of(0, 3, 2);
  // The second image's label has not the largest logit; the third one's others are all equal.
  const logits = float32(Float32Array.of(5, 1, 3, 2, 9, 0, 1, 2, 0, 0, 7, 0), [3, classes]);
  const clean = readRankedPredictions(logits, labels);
  const choose = (rule: TargetRule, changes: object = {}): number[] =>
    Array.from(chooseTargets(rule, { labels, clean, indices: [10, 11, 12], seed: 5, classes, ...changes }));

  it('follow from the label, the clean logits, or a class', () => {
    assert.deepEqual(choose('next'), [1, 0, 3]);
    assert.deepEqual(choose('label+2'), [2, 1, 0]);
    assert.deepEqual(choose('label+7'), [3, 2, 1]);
    assert.deepEqual(choose(3), [3, 3, 3]);
    assert.deepEqual(choose('second'), [2, 0, 0]);
    assert.deepEqual(choose('least-likely'), [1, 1, 0]);
    assert.deepEqual(choose('file', { given: [1, 2, 3] }), [1, 2, 3]);
  });

  it('at random: never the label, every other class, and the same for an image wherever it stands', () => {
    const many = 400;
    const context = {
      labels: new Int32Array(many).fill(2),
      clean: [],
      indices: Array.from({ length: many }, (_, n) => n),
      seed: 1,
      classes,
    };
    const all = chooseTargets('random', context);
    for (const target of [0, 1, 3]) assert.ok(all.filter((found) => found === target).length > many / 5);
    assert.ok(!all.includes(2));
    const alone = chooseTargets('random', { ...context, labels: Int32Array.of(2), indices: [37] });
    assert.equal(alone[0], all[37]);
    assert.notDeepEqual(chooseTargets('random', { ...context, seed: 2 }), all);
  });

  it('make an attack targeted; `targeted` alone, as in records of old runs, is the next class', () => {
    assert.deepEqual(
      [{}, { targeted: true }, { target: 3 }, { targeted: false, target: 'random' }].map((changes) =>
        targetRuleOf(named({ name: 'pgd', ...changes }).parameters),
      ),
      [undefined, 'next', 3, 'random'],
    );
    assert.ok(isTargeted(requested({ name: 'cw', target: 'second' })));
    assert.ok(!isTargeted(requested({ name: 'deepfool' })));
    for (const [target, words] of [
      ['next', 'targeted'],
      ['second', 'target second'],
      [3, 'target 3'],
      ['label+2', 'target label+2'],
    ] as const) {
      assert.equal(attackTitle(named({ name: 'pgd', target })), `pgd-20 linf 8/255, ${words}`);
    }
  });

  it('that are none are refused, with all that there are', () => {
    for (const wrong of ['foo', 'label+0', 'label+', 'label-1', -1, 1.5, '3']) {
      const parsed = targetRule.safeParse(wrong);
      assert.ok(!parsed.success);
      const message = /next, second, least-likely, random, label\+K/;
      if (typeof wrong === 'string') assert.match(parsed.error.message, message);
    }
  });

  it('that the network does not have are refused', () => {
    const check = (target: TargetRule, given?: readonly number[]) => () => {
      assertTargets([requested({ name: 'pgd', target })], { classes, given });
    };
    const refuses = (run: () => void, message: RegExp): void => {
      assert.throws(run, (error) => error instanceof M2atError && message.test(error.message));
    };
    refuses(check(4), /target 4 is no class: the network has 4 classes, 0 to 3/);
    refuses(check('label+8'), /target label\+8 is the label itself/);
    refuses(check('file'), /needs a file of classes/);
    refuses(check('file', [0, 5]), /target 5 of image 1 is no class/);
    for (const fine of [check(3), check('label+7'), check('next'), check('file', [0, 3])]) fine();
  });

  it('have no place in an ensemble, whose members leave out what those before them have moved', () => {
    const attacks = [{ name: 'fgsm' }, { name: 'pgd', target: 'second' }];
    assert.throws(() => planned(attacks, { ensemble: true }), /pgd in it aim at a class/);
    assert.equal(planned(attacks).attacks.length, 2);
  });
});
