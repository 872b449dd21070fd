import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { attackParameters, pgdParameters } from '../../../src/core/attacks/attack-schema';
import { parseExperiment } from '../../../src/core/experiment/parse-experiment';
import { resolvedExperiment } from '../../../src/core/experiment/experiment-schema';

const minimal = {
  dataset: { name: 'cifar10' },
  model: { name: 'small-cnn' },
  method: { name: 'm2at', epsilon: '8/255' },
};

function problemsOf(value: unknown): string[] {
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  const { problems } = parseExperiment(text);
  assert.ok(problems, 'the file should be refused');
  return problems.map(({ field, message }) => `${field}: ${message}`);
}

describe('parseExperiment', () => {
  it('fills in every default and reads fractions', () => {
    const { runs } = parseExperiment(JSON.stringify(minimal));
    assert.equal(runs?.length, 1);
    const experiment = runs[0]?.experiment;
    assert.ok(experiment?.method.name === 'm2at');
    assert.equal(experiment.method.epsilon, 8 / 255);
    assert.deepEqual(experiment.method.mask, { shape: 'rectangle', alpha: 1 });
    assert.equal(experiment.training.batchSize, 128);
  });

  it('gives a resolved experiment that resolves to itself', () => {
    const { runs } = parseExperiment(JSON.stringify(minimal));
    const copy: unknown = JSON.parse(JSON.stringify(runs?.[0]?.experiment));
    assert.deepEqual(resolvedExperiment.parse(copy), runs?.[0]?.experiment);
  });

  it('lays each of several runs over the file', () => {
    const file = {
      ...minimal,
      name: 'both',
      training: { epochs: 4, batchSize: 32 },
      runs: [
        { name: 'standard', method: { name: 'standard' } },
        { name: 'm2at', training: { epochs: 8 }, method: { steps: 3 } },
      ],
    };
    const { runs } = parseExperiment(JSON.stringify(file));
    assert.deepEqual(
      runs?.map((run) => [
        run.name,
        run.experiment.name,
        run.experiment.training.epochs,
        run.experiment.training.batchSize,
      ]),
      [
        ['standard', 'both: standard', 4, 32],
        ['m2at', 'both: m2at', 8, 32],
      ],
    );
    assert.ok(runs);
    assert.deepEqual(runs[0]?.experiment.method, { name: 'standard' });
    const second = runs[1]?.experiment.method;
    assert.ok(second?.name === 'm2at' && second.steps === 3 && second.epsilon === 8 / 255);
  });

  it('allows comments and trailing commas', () => {
    const { runs } = parseExperiment(
      `// one\n{"dataset":{"name":"cifar10"},/* two */"model":{"name":"small-cnn"},"method":{"name":"standard",},}`,
    );
    assert.equal(runs?.length, 1);
  });

  it('reads the experiment that the project starts with', () => {
    assert.equal(parseExperiment(readFileSync('examples/quickstart.m2at.json', 'utf8')).runs?.length, 2);
  });

  it('names field, demand and value', () => {
    assert.deepEqual(problemsOf({ ...minimal, method: { name: 'm2at', epsilonn: 1 } }), [
      'method.epsilonn: is not a known key here',
    ]);
    assert.deepEqual(problemsOf({ ...minimal, training: { epochs: '3' } }), [
      'training.epochs: must be a number; got "3"',
    ]);
    assert.deepEqual(problemsOf({ ...minimal, training: { epochs: 2.5 } }), [
      'training.epochs: must be a whole number; got 2.5',
    ]);
    assert.deepEqual(problemsOf({ ...minimal, training: { batchSize: 0 } }), [
      'training.batchSize: must be at least 1; got 0',
    ]);
    assert.deepEqual(problemsOf({ ...minimal, dataset: { name: 'cifar11' } }), [
      'dataset.name: must be "cifar10"; got "cifar11"',
    ]);
    assert.deepEqual(problemsOf({ ...minimal, method: { name: 'trades' } }), [
      'method.name: must be one of "standard", "pgd-at", "m2at"; got "trades"',
    ]);
    assert.deepEqual(problemsOf({ ...minimal, method: { name: 'm2at', epsilon: 'eight' } }), [
      'method.epsilon: must be a non-negative number or a fraction such as "8/255"; got "eight"',
    ]);
    const range = 'must be between 0 and 1 (pixels are in [0, 1]; eight grey levels are "8/255")';
    assert.deepEqual(problemsOf({ ...minimal, method: { name: 'm2at', epsilon: 8, stepSize: 2 } }), [
      `method.epsilon: ${range}; got 8`,
      `method.stepSize: ${range}; got 2`,
    ]);
    assert.deepEqual(problemsOf({ ...minimal, model: undefined }), [
      'model: must be an object; it is missing',
    ]);
  });

  it('bounds the budget of L-inf attacks, and not of L2', () => {
    const parse = (attack: object) => pgdParameters.safeParse({ name: 'pgd', ...attack });
    assert.equal(parse({ norm: 'l2', epsilon: 3, stepSize: 1.5 }).data?.epsilon, 3);
    assert.equal(parse({ norm: 'l2', epsilon: Infinity }).success, false);
    assert.match(
      parse({ epsilon: 8 }).error?.issues[0]?.message ?? '',
      /for linf must be between 0 and 1.*got 8/,
    );
    assert.deepEqual(parse({ stepSize: 2 }).error?.issues[0]?.path, ['stepSize']);
    assert.equal(attackParameters.safeParse({ name: 'fgsm', epsilon: 8 }).success, false);
  });

  it('names the entry of a file with several runs', () => {
    const file = { ...minimal, runs: [{ name: 'a' }, { name: 'b', training: { epochs: -1 } }] };
    assert.deepEqual(problemsOf(file), ['runs[1].training.epochs: must be at least 1; got -1']);
    assert.deepEqual(problemsOf({ ...minimal, runs: [{ name: 'a' }, { name: 'a' }] }), [
      'runs[1].name: "a" is the name of two runs; give each its own',
    ]);
    assert.deepEqual(problemsOf({ ...minimal, runs: [] }), [
      'runs: must be a list of at least 1 entries; got []',
    ]);
    assert.deepEqual(problemsOf({ ...minimal, runs: [3] }), ['runs[0]: must be an object; got 3']);
  });

  it('points at the text of the field', () => {
    const text = JSON.stringify({ ...minimal, training: { epochs: -1 } }, null, 2);
    const problem = parseExperiment(text).problems?.[0];
    assert.equal(problem && text.slice(problem.offset, problem.offset + problem.length), '"epochs": -1');
  });

  it('refuses what is no JSON object', () => {
    assert.match(problemsOf('{"a": ')[0] ?? '', /not valid JSON: .* at line 1, column 7/);
    assert.match(problemsOf('')[0] ?? '', /not valid JSON/);
    assert.deepEqual(problemsOf([1]), [': must be a JSON object']);
  });

  it('treats a key such as __proto__ as an unknown key', () => {
    assert.deepEqual(
      problemsOf(
        '{"__proto__": {"name": "x"}, "dataset": {"name":"cifar10"}, "model": {"name":"small-cnn"}, "method": {"name":"standard"}}',
      ),
      ['__proto__: is not a known key here'],
    );
  });
});
