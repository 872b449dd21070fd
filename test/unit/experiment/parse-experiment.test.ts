import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { m2atParameters } from '../../../src/core/methods/m2at/parameters';
import { parseExperiment } from '../../../src/core/experiment/parse-experiment';
import { experimentSchemas } from '../../../src/core/experiment/experiment-schema';
import { builtIn } from '../../../src/core/registry/registry';
import { attacks } from '../../../src/core/attacks';
import { requestedAttack } from '../../../src/core/attacks/plan/attack-plan';

const methodNames = builtIn.methods.map(({ name }) => JSON.stringify(name)).join(', ');
const datasetNames = builtIn.datasets.map(({ name }) => JSON.stringify(name)).join(', ');

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
    assert.ok(experiment);
    const { epsilon, mask } = m2atParameters.parse(experiment.method);
    assert.equal(epsilon, 8 / 255);
    assert.deepEqual(mask, { shape: 'rectangle', alpha: 1 });
    assert.equal(experiment.training.batchSize, 128);
  });

  it('gives a resolved experiment that resolves to itself', () => {
    const { runs } = parseExperiment(JSON.stringify(minimal));
    const copy: unknown = JSON.parse(JSON.stringify(runs?.[0]?.experiment));
    assert.deepEqual(experimentSchemas(builtIn).run.parse(copy), runs?.[0]?.experiment);
  });

  it('takes ensembles in an evaluation, and attacks on fewer images than it has', () => {
    const evaluated = (count: number, attacks: object[]): object => ({
      ...minimal,
      evaluation: { final: { count, attacks } },
    });
    const { runs } = parseExperiment(
      JSON.stringify(
        evaluated(500, [
          { name: 'pgd', loss: 'cw' },
          { name: 'autoattack', count: 200 },
        ]),
      ),
    );
    assert.deepEqual(
      runs?.[0]?.experiment.evaluation.final.attacks.map(({ name, count, version }) => [
        name,
        count,
        version,
      ]),
      [
        ['pgd', undefined, undefined],
        ['autoattack', 200, 'standard'],
      ],
    );
    assert.deepEqual(problemsOf(evaluated(100, [{ name: 'pgd' }, { name: 'fgsm', count: 101 }])), [
      'evaluation.final.attacks[1].count: must be at most 100, the images of the evaluation; got 101',
    ]);
    assert.deepEqual(
      problemsOf(
        evaluated(500, [
          { name: 'pgd', count: 100 },
          { name: 'autoattack', count: 200 },
        ]),
      ),
      [
        'evaluation.final.count: must be 200, as no attack sees more of the 500 images, and the robust accuracy is over ' +
          'all of them; or leave out the count of an attack',
      ],
    );
    assert.match(problemsOf(evaluated(100, [{ name: 'autoattack', counts: 5 }])).join(), /count/);
    // What an attack refuses is refused here as well.
    assert.match(problemsOf(evaluated(100, [{ name: 'pgd', epsilon: 8 }])).join(), /epsilon/);
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
    const second = m2atParameters.parse(runs[1]?.experiment.method);
    assert.deepEqual([second.steps, second.epsilon], [3, 8 / 255]);
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
      'method.epsilonn: is not a known key here; did you mean "epsilon"?',
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
      `dataset.name: must be one of ${datasetNames}; got "cifar11"; did you mean "cifar10"?`,
    ]);
    assert.deepEqual(problemsOf({ ...minimal, method: { name: 'adversarial' } }), [
      `method.name: must be one of ${methodNames}; got "adversarial"`,
    ]);
    assert.deepEqual(problemsOf({ ...minimal, method: { name: 'm2at', epsilon: 'eight' } }), [
      'method.epsilon: must be a non-negative number or a fraction such as "8/255"; got "eight"',
    ]);
    const range = 'for linf must be between 0 and 1 (pixels are in [0, 1]; eight grey levels are "8/255")';
    assert.deepEqual(problemsOf({ ...minimal, method: { name: 'm2at', epsilon: 8, stepSize: 2 } }), [
      `method.epsilon: ${range}; got 8`,
      `method.stepSize: ${range}; got 2`,
    ]);
    assert.deepEqual(problemsOf({ ...minimal, model: undefined }), [
      'model: must be an object; it is missing',
    ]);
  });

  it('bounds the budget of L-inf attacks, and not of L2', () => {
    const parse = (attack: object) => requestedAttack(attacks).safeParse({ name: 'pgd', ...attack });
    assert.equal(parse({ norm: 'l2', epsilon: 3, stepSize: 1.5 }).data?.epsilon, 3);
    assert.equal(parse({ norm: 'l2', epsilon: Infinity }).success, false);
    assert.match(
      parse({ epsilon: 8 }).error?.issues[0]?.message ?? '',
      /for linf must be between 0 and 1.*got 8/,
    );
    assert.deepEqual(parse({ stepSize: 2 }).error?.issues[0]?.path, ['stepSize']);
    assert.equal(requestedAttack(attacks).safeParse({ name: 'fgsm', epsilon: 8 }).success, false);
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

  it('refuses learning rates that make no sense together, before a run starts', () => {
    const schedule = (value: object, rest: object = {}): string[] =>
      problemsOf({ ...minimal, training: { schedule: value, ...rest } });
    assert.deepEqual(schedule({ name: 'piecewise', milestones: [0.5, 0.75, 0.5] }), [
      'training.schedule.milestones[2]: 0.5 is given twice, and the rate would drop twice there; leave one out, ' +
        'or lower training.schedule.factor',
    ]);
    assert.deepEqual(schedule({ name: 'cosine', learningRate: 0.1, final: 0.2 }), [
      'training.schedule.final: must be at most learningRate, which is 0.1: the rate falls towards it; got 0.2',
    ]);
    const single = { epochs: 1, batchSize: 65_536 };
    assert.deepEqual(schedule({ name: 'cyclic' }, single), [
      'training.schedule: cyclic begins with a rate of 0, and this training has a single step: nothing would be ' +
        'learned; give it more epochs or smaller batches, another schedule, or a peak of 0',
    ]);
    for (const good of [
      { schedule: { name: 'cyclic' }, epochs: 2, batchSize: 65_536 },
      { schedule: { name: 'cyclic', peak: 0 }, ...single },
      { schedule: { name: 'cosine', learningRate: 0.1, final: 0.1 } },
      { schedule: { name: 'piecewise', milestones: [0.75, 0.5] } },
    ]) {
      assert.ok(parseExperiment(JSON.stringify({ ...minimal, training: good })).runs, JSON.stringify(good));
    }
  });

  it('points at the text of the field', () => {
    const text = JSON.stringify({ ...minimal, training: { epochs: -1 } }, null, 2);
    const problem = parseExperiment(text).problems?.[0];
    assert.equal(problem && text.slice(problem.offset, problem.offset + problem.length), '"epochs": -1');
  });

  it('refuses what is no JSON object', () => {
    assert.deepEqual(problemsOf('{"a": '), [
      ': The file is not valid JSON: a value is missing at line 1, column 7: a number, true, false, text in double ' +
        'quotes, a list or an object.',
    ]);
    assert.match(problemsOf('')[0] ?? '', /^: The file is empty: an experiment is an object/);
    assert.match(problemsOf([1])[0] ?? '', /^: An experiment must be a JSON object/);
  });

  for (const [text, sentence] of [
    ['{\n  "name": "a" // a comment\n  "seed": 1\n}', 'a comma is missing at line 2, column 14,'],
    ['{"name" "a"}', 'a colon is missing at line 1, column 9,'],
    ['{"seed": 1.}', '1. is not a number at line 1, column 10;'],
    ["{'seed': 1}", "'seed' is not understood at line 1, column 2; keys and texts stand in double quotes"],
    ['{"seed": 1', 'a closing brace } is missing at line 1, column 11:'],
    ['{"runs": [1', 'a closing bracket ] is missing at line 1, column 12:'],
    ['{"seed": 1}}', 'something follows the end of the experiment at line 1, column 12;'],
    ['{"name": "a\n}', 'the text that begins is never closed at line 1, column 10:'],
    [
      '{"name": "C:\\data"}',
      'a backslash in a text is followed by what it can not escape at line 1, column 10;',
    ],
    ['{"seed": 1, 2}', 'a key is expected at line 1, column 13: text in double quotes'],
    ['{"seed": 1 /* }', 'the comment that begins is never closed at line 1, column 12:'],
  ] as const) {
    it(`says in a sentence what is wrong in ${JSON.stringify(text)}`, () => {
      const [problem = '', ...more] = problemsOf(text);
      assert.ok(problem.startsWith(`: The file is not valid JSON: ${sentence}`), problem);
      assert.match(problem, /\.$/);
      assert.doesNotMatch(problem, /[a-z][A-Z]/, 'no name of a parser error');
      assert.deepEqual(more, []);
    });
  }

  it('tells of every missing comma', () => {
    assert.equal(problemsOf('{"name": "a"\n "seed": 1\n "threads": 1}').length, 2);
  });

  it('reads a file with a byte order mark', () => {
    assert.equal(parseExperiment(`\uFEFF${JSON.stringify(minimal)}`).runs?.length, 1);
  });

  it('tells of each mistake once, and with several of each', () => {
    assert.deepEqual(
      problemsOf({ ...minimal, model: undefined, modle: { name: 'small-cnn' }, training: { epoch: 3 } }),
      [
        'modle: is not a known key here; did you mean "model"?',
        'training.epoch: is not a known key here; did you mean "epochs"?',
      ],
    );
    assert.deepEqual(problemsOf({ ...minimal, method: { nmae: 'm2at', steps: 3 } }), [
      'method.nmae: is not a known key here; did you mean "name"?',
    ]);
    assert.deepEqual(problemsOf({ ...minimal, method: { name: 'm2at', zzz: 1 } }).length, 1);
    const bad = { ...minimal, method: { name: 'm2ta' }, runs: [{ name: 'a' }, { name: 'b' }] };
    assert.deepEqual(problemsOf(bad), [
      `method.name: must be one of ${methodNames}; got "m2ta"; did you mean "m2at"?`,
    ]);
    assert.deepEqual(problemsOf({ ...minimal, model: { name: 'big-cnn', widths: [1] } }), [
      'model.name: must be one of "small-cnn", "preact-resnet", "resnet", "wide-resnet", "checkpoint"; got "big-cnn"',
    ]);
  });

  it('tells of a key that is given twice', () => {
    const text = '{"dataset":{"name":"cifar10"},"model":{"name":"small-cnn"},"method":{"name":"standard"},';
    assert.deepEqual(problemsOf(`${text}"training":{"epochs":1,"epochs":2}}`), [
      'training.epochs: is given twice; leave one out',
    ]);
  });

  it('offers a replacement for a key, and for a value, that is misspelt', () => {
    const text = JSON.stringify({
      ...minimal,
      runs: [
        { name: 'a', method: { epsilonn: 1 } },
        { name: 'b', evaluation: { final: { count: 9, attacks: [{ name: 'pdg' }] } } },
      ],
    });
    const problems = parseExperiment(text).problems ?? [];
    assert.deepEqual(
      problems.map(({ field, fix }) => [
        field,
        fix && text.slice(fix.offset, fix.offset + fix.length),
        fix?.text,
      ]),
      [
        ['runs[0].method.epsilonn', '"epsilonn"', '"epsilon"'],
        ['runs[1].evaluation.final.attacks[0].name', '"pdg"', '"pgd"'],
      ],
    );
    const fixed = problems.reduceRight(
      (now, { fix }) =>
        fix ? now.slice(0, fix.offset) + fix.text + now.slice(fix.offset + fix.length) : now,
      text,
    );
    assert.equal(parseExperiment(fixed).runs?.length, 2);
  });

  it('points at the key above what is missing, and not at the whole file', () => {
    const text = JSON.stringify({ ...minimal, dataset: {} });
    const marked = (source: string): string[] =>
      (parseExperiment(source).problems ?? []).map(({ offset, length }) =>
        source.slice(offset, offset + length),
      );
    assert.deepEqual(marked(text), ['"dataset"']);
    assert.deepEqual(marked('{"dataset":{"name":"cifar10"},"method":{"name":"standard"}}'), ['{']);
  });

  it('treats a key such as __proto__ as an unknown key', () => {
    assert.deepEqual(
      problemsOf(
        '{"__proto__": {"name": "x"}, "dataset": {"name":"cifar10"}, "model": {"name":"small-cnn"}, "method": {"name":"standard"}}',
      ),
      [
        '__proto__: is not a known key here; known are "$schema", "name", "seed", "device", "threads", "recipe", "dataset", "model", ' +
          '"method", "options", "training", "evaluation", "samples", "runs", "sweep"',
      ],
    );
  });
});
