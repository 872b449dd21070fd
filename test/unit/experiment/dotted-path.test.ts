import { strict as assert } from 'node:assert';
import { setAtPath, setAtPaths } from '../../../src/core/experiment/dotted-path';

const experiment = {
  name: 'fast',
  seed: 1,
  method: { name: 'm2at', epsilon: '8/255', alpha: 1 },
  evaluation: { final: { attacks: [{ name: 'pgd', steps: 20 }, { name: 'fgsm' }] } },
};

describe('Dotted paths into an experiment', () => {
  it('set a value where one is and where none is, and leave the given object as it was', () => {
    const before = structuredClone(experiment);
    const { object } = setAtPath(experiment, 'method.epsilon', '4/255');
    assert.deepEqual(object, { ...experiment, method: { ...experiment.method, epsilon: '4/255' } });
    assert.deepEqual(setAtPath(experiment, 'options.ema.decay', 0.99).object, {
      ...experiment,
      options: { ema: { decay: 0.99 } },
    });
    assert.equal(setAtPath(experiment, 'seed', 7).object?.seed, 7);
    assert.deepEqual(experiment, before);
  });

  it('have the index of a list as a part', () => {
    const { object } = setAtPath(experiment, 'evaluation.final.attacks.0.steps', 50);
    assert.deepEqual(object?.evaluation, {
      final: { attacks: [{ name: 'pgd', steps: 50 }, { name: 'fgsm' }] },
    });
    const named = setAtPath(experiment, 'evaluation.final.attacks.0.name', 'fgsm').object;
    assert.deepEqual(named?.evaluation, { final: { attacks: [{ name: 'fgsm' }, { name: 'fgsm' }] } });
  });

  it('begin an object anew whose name changes, and not the experiment itself', () => {
    assert.deepEqual(setAtPath(experiment, 'method.name', 'pgd-at').object?.method, { name: 'pgd-at' });
    assert.deepEqual(setAtPath(experiment, 'method', { name: 'm2at', alpha: 2 }).object?.method, {
      ...experiment.method,
      alpha: 2,
    });
    assert.deepEqual(setAtPath(experiment, 'name', 'slow').object, { ...experiment, name: 'slow' });
  });

  it('may come in any order', () => {
    const values = [
      ['method.epsilon', '4/255'],
      ['evaluation.final.attacks.1.name', 'pgd'],
      ['evaluation.final.attacks.1.steps', 3],
      ['method.name', 'pgd-at'],
    ] as const;
    const wanted = {
      ...experiment,
      method: { name: 'pgd-at', epsilon: '4/255' },
      evaluation: {
        final: {
          attacks: [
            { name: 'pgd', steps: 20 },
            { name: 'pgd', steps: 3 },
          ],
        },
      },
    };
    assert.deepEqual(setAtPaths(experiment, values).object, wanted);
    assert.deepEqual(setAtPaths(experiment, [...values].reverse()).object, wanted);
  });

  const refused = [
    ['', /empty part/],
    ['method..epsilon', /empty part/],
    ['.method', /empty part/],
    ['method.__proto__.polluted', /__proto__/],
    [Array.from({ length: 17 }, () => 'a').join('.'), /17 parts; .* at most 16/],
    ['seed.value', /leads through "seed", which is 1 and no object/],
    ['evaluation.final.attacks.2.steps', /the entry "2" of the list "evaluation.final.attacks", .* 0 to 1/],
    ['evaluation.final.attacks.pgd.steps', /the entry "pgd"/],
    ['evaluation.final.attacks.-1', /the entry "-1"/],
  ] as const;
  for (const [path, problem] of refused) {
    it(`are refused with a reason: ${path.slice(0, 40)}`, () => {
      assert.match(setAtPath(experiment, path, 1).problem ?? '', problem);
      assert.deepEqual(setAtPaths(experiment, [[path, 1]]).path, path);
      assert.equal(Reflect.get({}, 'polluted'), undefined);
    });
  }
});
