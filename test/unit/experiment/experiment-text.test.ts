import assert from 'node:assert/strict';
import { experimentText } from '../../../src/core/experiment/experiment-text';
import type { ResolvedExperiment } from '../../../src/core/experiment/experiment-schema';
import { isJsonObject } from '../../../src/core/experiment/overlay';
import { parseExperiment } from '../../../src/core/experiment/parse-experiment';
import { resolveExperiment } from '../../../src/core/experiment/resolve-experiment';
import { settingList } from '../../../src/core/experiment/setting-list';
import { recipes } from '../../../src/core/recipes';

const resolved = (text: string): ResolvedExperiment => {
  const { runs, problems } = parseExperiment(text);
  assert.ok(!problems, JSON.stringify(problems));
  const [run] = runs;
  assert.ok(run);
  return resolveExperiment(run.experiment);
};

describe('the text of a run as an experiment file', () => {
  it('means what the run did, of every recipe and optimizer', () => {
    const dataset = { name: 'cifar10' };
    const files = [
      ...recipes.map(({ name }) => ({ dataset, recipe: name })),
      ...['sgd', 'adamw', 'adam'].map((name) => ({
        ...{ dataset, model: { name: 'small-cnn' }, method: { name: 'm2at' } },
        training: { optimizer: { name } },
      })),
    ].filter((file) => parseExperiment(JSON.stringify(file)).runs);
    assert.ok(files.length > 5);
    for (const file of files) {
      const { recipe, ...experiment } = resolved(JSON.stringify(file));
      const text = experimentText({ ...experiment, ...(recipe !== undefined && { recipe }) }, 'Of a run.');
      assert.match(text, /^\/\/ Of a run\.\n/);
      assert.equal(text.includes(`Its recipe was ${recipe}`), recipe !== undefined);
      assert.deepEqual(resolved(text), experiment);
    }
  });

  it('says what a file of today would do otherwise, and keeps a comment a comment', () => {
    const { training, ...rest } = resolved(
      '{ "dataset": { "name": "cifar10" }, "model": { "name": "small-cnn" }, "method": { "name": "standard" } }',
    );
    const { validation, ...without } = training;
    assert.ok(validation);
    const text = experimentText({ ...rest, training: without }, 'Of\na run.');
    assert.match(text, /^\/\/ Of a run\.\n\/\/ It held out no validation images/);
  });
});

describe('the settings of a run', () => {
  const text = JSON.stringify({
    dataset: { name: 'cifar10' },
    model: { name: 'small-cnn' },
    method: { name: 'pgd-at' },
  });
  const object: unknown = JSON.parse(JSON.stringify(resolved(text)));
  assert.ok(isJsonObject(object));
  const list = settingList(object);

  it('are each named by a path, with what may stand there', () => {
    const paths = list.map(({ path }) => path);
    assert.equal(new Set(paths).size, paths.length);
    const of = (path: string): (typeof list)[number] | undefined => list.find((each) => each.path === path);
    assert.equal(of('method.epsilon')?.value, 8 / 255);
    assert.ok(of('method.name')?.choices.some(({ value }) => value === 'trades'));
    assert.match(of('training.epochs')?.kind ?? '', /whole number/);
    assert.ok(of('evaluation.final.attacks.0.name'));
    assert.deepEqual(
      [of('options.ema') !== undefined, of('options.ema')?.value],
      [true, undefined],
      'what is not set is there, too',
    );
    assert.equal(of('runs'), undefined);
  });
});
