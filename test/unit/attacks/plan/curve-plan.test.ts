import assert from 'node:assert/strict';
import {
  curveGroups,
  type AttackPlan,
  type PlanOptions,
} from '../../../../src/core/attacks/plan/attack-plan';
import { budgetOf } from '../../../../src/core/attacks/parameters/known-attack';
import { M2atError } from '../../../../src/core/errors';
import { planned, requested } from '../named';

describe('curves of a plan', () => {
  const plan = (requests: object[], options: PlanOptions): AttackPlan => planned(requests, options);
  const refused = (requests: object[], epsilons: number[], message: RegExp): void => {
    assert.throws(
      () => plan(requests, { epsilons }),
      (error) => error instanceof M2atError && error.code === 'bad-input' && message.test(error.message),
    );
  };

  it('are groups after all others, ascending, without 0 and the epsilon that is measured anyway', () => {
    const epsilons = [0.1, 0, 0.02, 8 / 255, 0.02];
    const { attacks, groups } = plan([{ name: 'fgsm' }, { name: 'deepfool' }, { name: 'pgd' }], { epsilons });
    assert.deepEqual(
      groups.map(({ name, title, epsilons: own }) => [name, title, own]),
      [
        ['fgsm', 'fgsm linf 8/255', undefined],
        ['deepfool', 'deepfool l2', undefined],
        ['pgd', 'pgd-20 linf 8/255', undefined],
        ['fgsm-curve', 'fgsm linf', [0.02, 0.1]],
        ['pgd-curve', 'pgd-20 linf', [0.02, 0.1]],
      ],
    );
    assert.deepEqual(
      attacks.map((attack) => [attack.group, attack.definition.name, budgetOf(attack)]),
      [
        [0, 'fgsm', 8 / 255],
        [1, 'deepfool', Infinity],
        [2, 'pgd', 8 / 255],
        [3, 'fgsm', 0.02],
        [3, 'fgsm', 0.1],
        [4, 'pgd', 0.02],
        [4, 'pgd', 0.1],
      ],
    );
    assert.deepEqual([...curveGroups({ groups })], [3, 4]);
  });

  it('keep the ratio of step size and epsilon, in the range of pixels', () => {
    const steps = plan([{ name: 'fgsm-rs' }], { epsilons: [1 / 255, 1] }).attacks.map(({ parameters }) =>
      'stepSize' in parameters ? parameters.stepSize : NaN,
    );
    assert.equal(steps[0], 10 / 255);
    assert.ok(Math.abs((steps[1] ?? 0) - 1.25 / 255) < 1e-12);
    assert.equal(steps[2], 1);
    for (const { parameters } of plan([{ name: 'simba', norm: 'linf' }], { epsilons: [0.2] }).attacks) {
      assert.deepEqual(requested(parameters), parameters);
    }
  });

  it('of an ensemble have all of its attacks at each epsilon, under its name', () => {
    const auto = plan([{ name: 'autoattack', norm: 'l2' }], { epsilons: [0.25, 0.5, 1] });
    assert.deepEqual(auto.groups[1]?.title, 'autoattack standard l2');
    assert.deepEqual(
      auto.attacks.slice(4).map((attack) => [attack.definition.name, budgetOf(attack)]),
      [0.25, 1].flatMap((epsilon) => ['apgd-ce', 'apgd-t', 'fab-t', 'square'].map((name) => [name, epsilon])),
    );
    const own = plan([{ name: 'pgd' }, { name: 'deepfool', norm: 'linf', epsilon: 0.1 }], {
      ensemble: true,
      epsilons: [8 / 255],
    });
    assert.deepEqual(
      own.groups.map(({ title }) => title),
      ['pgd-20 linf 8/255 + deepfool linf 0.1', 'pgd-20 linf + deepfool linf'],
    );
    assert.deepEqual(
      own.attacks.map(({ parameters, group }) => [parameters.name, group]),
      [
        ['pgd', 0],
        ['deepfool', 0],
        // Measured with 8/255 as well, since the ensemble is not the same attack.
        ['pgd', 1],
        ['deepfool', 1],
      ],
    );
    assert.throws(
      () => plan([{ name: 'pgd' }, { name: 'deepfool' }], { ensemble: true }),
      /ensemble: deepfool in it has no budget/,
    );
  });

  it('that make no sense are refused with one message', () => {
    const pgd = [{ name: 'pgd' }];
    refused(pgd, [], /list is empty/);
    refused(pgd, [0.1, -1], /-1 is no size/);
    refused(pgd, [0, 8 / 255], /nothing but what is measured anyway/);
    refused(pgd, [NaN], /NaN is no size/);
    refused(pgd, [0.5, 8], /8 is too large: for linf/);
    refused(
      pgd,
      Array.from({ length: 65 }, (_, n) => n / 100),
      /there are 65, at most 64/,
    );
    refused([{ name: 'cw' }], [0.1], /none of the attacks has a fixed epsilon/);
    refused([...pgd, { name: 'pgd', norm: 'l2' }], [0.1], /different norms: linf, l2/);
    assert.equal(plan([{ name: 'pgd', norm: 'l2' }], { epsilons: [8] }).groups.length, 2);
  });
});
