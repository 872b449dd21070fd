import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import type { Device } from '../../../src/core/engine/devices/device';
import { openDevice } from '../../../src/core/engine/devices/devices';
import { experimentSchemas, type ResolvedExperiment } from '../../../src/core/experiment/experiment-schema';
import { experimentJsonSchema } from '../../../src/core/experiment/json-schema';
import { parseExperiment } from '../../../src/core/experiment/parse-experiment';
import { builtIn } from '../../../src/core/registry/registry';
import { recipes } from '../../../src/core/recipes';
import type { Recipe } from '../../../src/core/recipes/recipe';
import { readExperiment } from '../../../src/core/runs/run-store';
import { trainRun } from '../../../src/core/training/train-run';
import { completionsAt, hoverAt } from '../../../src/extension/experiment/experiment-completions';
import { temporaryRoot, tinyDataset } from '../training/tiny-task';

const dataset = { name: 'cifar10' };

/** The runs of a file, which is right. */
function runsOf(file: object): ResolvedExperiment[] {
  const { runs, problems } = parseExperiment(JSON.stringify({ dataset, ...file }));
  assert.ok(runs, JSON.stringify(problems));
  return runs.map(({ experiment }) => experiment);
}

function experimentOf(file: object): ResolvedExperiment {
  const [experiment] = runsOf(file);
  assert.ok(experiment);
  return experiment;
}

describe('a recipe in an experiment file', () => {
  it('is below the file, which is below an entry of runs', () => {
    const recipe = 'trades-wrn-34-10';
    const file = { recipe, method: { beta: 5 }, training: { epochs: 3 } };
    const runs = [
      { name: 'same' },
      { name: 'own', method: { beta: 4 } },
      { name: 'other', method: { name: 'standard' } },
      { name: 'fast', recipe: 'fgsm-rs-preact-resnet-18' },
    ];
    const alone = experimentOf(file);
    assert.deepEqual(alone.model, {
      ...{ name: 'wide-resnet', depth: 34, width: 10, activation: 'relu', leakySlope: 0.1 },
      ...{ padding: 'pytorch', variance: 'unbiased' },
    });
    assert.deepEqual(alone.method, {
      ...{ name: 'trades', norm: 'linf', epsilon: 0.031, stepSize: 0.007, steps: 10 },
      ...{ randomStart: true, startNoise: 'normal', attackBatchNorm: 'eval', beta: 5 },
    });
    const { epochs, weightDecay, decay } = alone.training;
    assert.deepEqual([epochs, weightDecay, decay, alone.recipe], [3, 2e-4, 'all', recipe]);
    const several = runsOf({ ...file, method: { beta: 5 }, runs: runs.slice(0, 3) });
    assert.deepEqual(
      several.map(({ method }): unknown[] => [method.name, Reflect.get(method, 'beta')]),
      [
        ['trades', 5],
        ['trades', 4],
        ['standard', undefined],
      ],
    );
    const [fast] = runsOf({ recipe, runs: runs.slice(3) });
    assert.deepEqual([fast?.method.name, fast?.model.name], ['fgsm-rs', 'preact-resnet']);
  });

  it('is refused when nobody knows it, with the one that was meant', () => {
    const file = { dataset, recipe: 'trades-wnr-34-10' };
    const { problems } = parseExperiment(JSON.stringify(file));
    assert.equal(problems?.length, 1);
    const [problem] = problems;
    assert.equal(problem?.field, 'recipe');
    assert.match(
      problem.message,
      /^must be one of "pgd-at-preact-resnet-18", .*did you mean "trades-wrn-34-10"\?$/,
    );
    assert.equal(problem.fix?.text, '"trades-wrn-34-10"');
    const entry = parseExperiment(JSON.stringify({ dataset, runs: [{ name: 'a', recipe: 7 }] }));
    assert.deepEqual(
      entry.problems?.map(({ field }) => field),
      ['runs[0].recipe'],
    );
  });

  it('is offered by the editor, which tells what it fills and knows the keys of its method', () => {
    const labels = (text: string): string[] =>
      completionsAt(text.replace('|', ''), text.indexOf('|')).map(({ label }) => label);
    assert.deepEqual(
      labels('{ "recipe": | }'),
      recipes.map(({ name }) => JSON.stringify(name)),
    );
    assert.ok(labels('{ "recipe": "trades-wrn-34-10", "method": { | } }').includes('"beta"'));
    assert.ok(labels('{ "runs": [{ "recipe": "trades-wrn-34-10", "method": { | } }] }').includes('"beta"'));
    const text = '{ "recipe": "trades-wrn-34-10" }';
    const { lines = [] } = hoverAt(text, text.indexOf('wrn')) ?? {};
    assert.match(lines.join(' '), /yaodongyu\/TRADES@6e8e11b.*"beta":6.*"weightDecay":0.0002/);
  });

  it('is one of the list in the JSON schema, which then needs no network and no method', () => {
    const { properties, required, anyOf } = experimentJsonSchema();
    const { recipe } = Object(properties) as { recipe?: unknown };
    const names = JSON.stringify(recipe).match(/"const":"[^"]+"/g);
    assert.deepEqual(
      names,
      recipes.map(({ name }) => `"const":"${name}"`),
    );
    assert.deepEqual(required, ['dataset']);
    assert.ok(JSON.stringify(anyOf).includes('{"required":["recipe"]}'));
  });
});

describe('every recipe', () => {
  it('has a name of its own, and says the conventions in so many words', () => {
    assert.equal(new Set(recipes.map(({ name }) => name)).size, recipes.length);
    for (const { fills, differences, name } of recipes) {
      const said = JSON.stringify(fills);
      for (const key of ['padding', 'variance', 'decay', 'weightDecay', 'activation', 'epochs', 'batchSize'])
        assert.ok(said.includes(`"${key}":`), `${name} says nothing of ${key}`);
      assert.ok(differences.length > 0, name);
    }
  });

  it('gives an experiment that states every number, and stands alone', () => {
    for (const { name, fills } of recipes) {
      const experiment = experimentOf({ recipe: name, ...need(fills) });
      const copy: unknown = JSON.parse(JSON.stringify(experiment));
      const replayed = experimentSchemas({ ...builtIn, recipes: [] }).run.parse(copy);
      assert.deepEqual(replayed, experiment, name);
      assertWithin(experiment, fills, name);
    }
  });

  it('is in docs/recipes.md with its source and what differs', () => {
    const page = readFileSync('docs/recipes.md', 'utf8').replaceAll(/\s+/g, ' ');
    const rows = [...readFileSync('docs/recipes.md', 'utf8').matchAll(/^\| `([\w-]+)`/gm)].map(
      ([, name]) => name,
    );
    assert.deepEqual(
      rows,
      recipes.map(({ name }) => name),
    );
    for (const { name, title, source, differences } of recipes) {
      for (const text of [title, source, ...differences]) {
        assert.ok(page.includes(text), `${name}: ${text} (npm run schema writes it)`);
      }
    }
  });

  describe('trains two steps at width 1', () => {
    let root: string;
    let device: Device;
    before(async () => {
      root = await temporaryRoot();
      device = await openDevice('onnx-cpu', { threads: 1 });
    });
    after(async () => {
      await device.dispose();
      await rm(root, { recursive: true });
    });
    // As many classes as the helper has.
    const tinySet = { ...tinyDataset(10, 2), classNames: ['red', 'green', 'blue', 'cyan', 'pink'] };
    const few = { count: 2, attacks: [] };
    for (const { name, fills } of recipes) {
      it(name, async () => {
        const { training, model } = fills;
        const shape = 'depth' in model ? { depth: 10 } : { blocks: [1, 1, 1, 1] };
        const experiment = experimentOf({
          recipe: name,
          model: { ...shape, width: 1 },
          ...need(fills),
          training: {
            epochs: 1,
            batchSize: 4,
            ...('validation' in training && { validation: { count: 2 } }),
          },
          evaluation: { during: few, final: few },
          samples: { count: 0 },
        });
        const record = await trainRun({
          ...{ experiment, root, signal: new AbortController().signal, onEvent: () => undefined },
          resources: { dataset: tinySet, device },
        });
        assert.deepEqual([record.status, record.progress?.step], ['done', 2]);
        assert.equal((await readExperiment(root, record.id)).recipe, name);
      });
    }
  });
});

/** What a file has to say beside a recipe: which network helps. */
function need({ method }: Recipe['fills']): object {
  return method.name === 'hat' ? { method: { helper: 'test/reference/methods/helper' } } : {};
}

/** What a recipe says is in the experiment, fractions as numbers. */
function assertWithin(experiment: unknown, part: unknown, where: string): void {
  if (typeof part === 'object' && part !== null) {
    for (const [key, value] of Object.entries(part)) {
      assertWithin(Reflect.get(Object(experiment), key), value, `${where}.${key}`);
    }
  } else if (typeof part === 'string' && /^\d+\/\d+$/.test(part)) {
    const [over = NaN, under = NaN] = part.split('/').map(Number);
    assert.equal(experiment, over / under, where);
  } else assert.equal(experiment, part, where);
}
