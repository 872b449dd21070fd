import assert from 'node:assert/strict';
import { settingGiven } from '../../../src/cli/commands/setting-flag';
import { parseExperiment } from '../../../src/core/experiment/parse-experiment';
import { changedName, withSettings, type Settings } from '../../../src/core/experiment/set-settings';

describe('settings that are changed', () => {
  const method = { name: 'pgd-at', epsilon: 0.03, steps: 7 };

  it('are JSON, or text where they are none', () => {
    const given = [
      'method.epsilon=4/255',
      'seed=2',
      'training.ema=true',
      'model={"name":"resnet-18"}',
      'name="3"',
      'x=a=b',
    ];
    const set = given.reduce<Settings>((earlier, text) => settingGiven(text, earlier), {});
    assert.deepEqual(set, {
      'method.epsilon': '4/255',
      seed: 2,
      'training.ema': true,
      model: { name: 'resnet-18' },
      name: '3',
      x: 'a=b',
    });
    assert.throws(() => settingGiven('seed'), /like method\.epsilon=4\/255/);
    assert.throws(() => settingGiven('=3'), /like method\.epsilon=4\/255/);
    assert.throws(() => settingGiven('seed=3', { seed: 2 }), /seed is set twice/);
  });

  it('drop the keys of another kind, whatever their order', () => {
    const set = { 'method.beta': 6, 'method.name': 'trades' };
    assert.deepEqual(withSettings({ method }, set).object, { method: { name: 'trades', beta: 6 } });
  });

  it('take a key out with null, and say where there is none', () => {
    assert.deepEqual(withSettings({ method }, { 'method.steps': null }).object, {
      method: { name: 'pgd-at', epsilon: 0.03 },
    });
    const { path, problem } = withSettings({ method }, { 'method.step': null });
    assert.deepEqual([path, problem], ['method.step', 'is not set here, so there is nothing to take out']);
  });

  it('are said by the name, once', () => {
    assert.equal(changedName('fast', { 'method.epsilon': '4/255', seed: 2 }), 'fast, epsilon=4/255, seed=2');
    assert.equal(
      changedName('fast, epsilon=4/255, seed=2', { 'method.epsilon': 0.01 }),
      'fast, seed=2, epsilon=0.01',
    );
    assert.equal(changedName('a, b', { seed: 1 }), 'a, b, seed=1');
    assert.equal(
      changedName('x', { 'dataset.name': 'mnist', 'method.name': 'trades' }),
      'x, dataset.name=mnist, method.name=trades',
    );
    assert.equal(changedName('fast, seed=2', { seed: null }), 'fast, seed=default');
    const long = changedName('n'.repeat(90), { 'method.epsilon': 'e'.repeat(80), seed: 3 });
    assert.equal(long.length, 100);
    assert.match(long, /^n+, 2 settings differ$/);
  });

  describe('in a file', () => {
    const file = {
      dataset: { name: 'cifar10' },
      model: { name: 'small-cnn' },
      runs: [
        { name: 'a', method: { name: 'pgd-at' } },
        { name: 'b', method: { name: 'trades' }, seed: 1 },
      ],
    };
    const parse = (set: Settings): ReturnType<typeof parseExperiment> =>
      parseExperiment(JSON.stringify(file), undefined, { set });
    const lines = (set: Settings): string[] =>
      (parse(set).problems ?? []).map(({ field, message }) => `${field} ${message}`);

    it('are laid over each of its runs, which keep the names that they are chosen by', () => {
      const { runs = [] } = parse({ 'method.epsilon': '4/255', seed: 5 });
      assert.deepEqual(
        runs.map(({ name, experiment }) => [name, experiment.name, experiment.seed]),
        [
          ['a', 'a, epsilon=4/255, seed=5', 5],
          ['b', 'b, epsilon=4/255, seed=5', 5],
        ],
      );
      assert.ok(
        runs.every(({ experiment: { method } }) => 'epsilon' in method && method.epsilon === 4 / 255),
      );
    });

    it('can name it, and a recipe that is filled in below its keys', () => {
      const { runs = [] } = parse({ name: 'other', recipe: 'pgd-at-preact-resnet-18' });
      assert.deepEqual(
        runs.map(({ experiment }) => experiment.name),
        ['other: a', 'other: b'],
      );
    });

    it('are checked as its own are', () => {
      assert.deepEqual(lines({ 'method.epsilom': 1 }), [
        'method.epsilom is not a known key here; did you mean "epsilon"?',
      ]);
      assert.deepEqual(lines({ 'method.epsilon': -1 }).length, 1);
      assert.match(lines({ 'seed.of': 3 })[0] ?? '', /^seed must be a number/);
      assert.match(lines({ '__proto__.x': 3 })[0] ?? '', /__proto__/);
      assert.match(
        lines({ 'training.optimizer.name': 'adamw', 'training.momentum': 0.5 })[0] ?? '',
        /^training\.momentum is of SGD/,
      );
    });
  });
});
