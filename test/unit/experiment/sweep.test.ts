import assert from 'node:assert/strict';
import { builtIn } from '../../../src/core/registry/registry';
import { parseExperiment, type ExperimentRun } from '../../../src/core/experiment/parse-experiment';

const base = {
  name: 'eps',
  seed: 5,
  dataset: { name: 'cifar10', trainCount: 1000 },
  model: { name: 'small-cnn' },
  method: { name: 'm2at', epsilon: '8/255' },
};

function runsOf(sweep: object, more: object = {}): readonly ExperimentRun[] {
  const { runs, problems } = parseExperiment(JSON.stringify({ ...base, ...more, sweep }));
  assert.ok(runs, JSON.stringify(problems));
  return runs;
}

const namesOf = (sweep: object, more?: object): string[] => runsOf(sweep, more).map(({ name }) => name);

/** Each problem with the text that it marks. */
function problemsOf(sweep: unknown, more: object = {}): string[] {
  const text = JSON.stringify({ ...base, ...more, sweep });
  const { problems } = parseExperiment(text);
  assert.ok(problems, 'the file should be refused');
  return problems.map(
    ({ field, message, offset, length }) => `${text.slice(offset, offset + length)} | ${field} ${message}`,
  );
}

const epsilonOf = ({ experiment }: ExperimentRun): unknown => Reflect.get(experiment.method, 'epsilon');

const nameOf = (value: unknown): unknown =>
  typeof value === 'object' && value !== null && 'name' in value ? value.name : undefined;

describe('the sweep of an experiment file', () => {
  it('makes a run of every combination of a grid, the last path the fastest', () => {
    const runs = runsOf({ grid: { 'method.epsilon': ['4/255', '8/255'], 'training.epochs': [1, 2, 3] } });
    assert.deepEqual(
      runs.map((run) => [run.name, epsilonOf(run), run.experiment.training.epochs]),
      [
        ['epsilon=4/255, epochs=1', 4 / 255, 1],
        ['epsilon=4/255, epochs=2', 4 / 255, 2],
        ['epsilon=4/255, epochs=3', 4 / 255, 3],
        ['epsilon=8/255, epochs=1', 8 / 255, 1],
        ['epsilon=8/255, epochs=2', 8 / 255, 2],
        ['epsilon=8/255, epochs=3', 8 / 255, 3],
      ],
    );
    assert.deepEqual(
      runs.map(({ experiment }) => experiment.name),
      runs.map(({ name }) => `eps: ${name}`),
    );
  });

  it('walks through the lists of a zip together, and repeats each setting with seeds', () => {
    const runs = runsOf({
      zip: { 'method.epsilon': ['4/255', '8/255'], 'training.epochs': [1, 2] },
      seeds: 3,
    });
    assert.deepEqual(
      runs.map((run) => [epsilonOf(run), run.experiment.training.epochs, run.experiment.seed]),
      [
        [4 / 255, 1, 5],
        [4 / 255, 1, 6],
        [4 / 255, 1, 7],
        [8 / 255, 2, 5],
        [8 / 255, 2, 6],
        [8 / 255, 2, 7],
      ],
    );
    assert.equal(runs[4]?.name, 'epsilon=8/255, epochs=2, seed=6');
    assert.equal(runs[4].setting, 'eps: epsilon=8/255, epochs=2');
    assert.deepEqual(namesOf({ seeds: [9, 3] }), ['seed=9', 'seed=3']);
    assert.equal(runsOf({ seeds: 2 })[1]?.setting, 'eps');
    assert.equal(runsOf({ grid: { 'method.epsilon': ['4/255', '8/255'] } })[1]?.setting, undefined);
  });

  it('is laid over each of the runs, whose names come first', () => {
    const method = { name: 'pgd-at', epsilon: '8/255' };
    const runs = runsOf(
      { grid: { 'method.epsilon': ['2/255', '4/255'] } },
      { runs: [{ name: 'ours' }, { name: 'pgd', method }] },
    );
    assert.deepEqual(
      runs.map((run) => [
        run.name,
        run.entry,
        run.experiment.name,
        run.experiment.method.name,
        epsilonOf(run),
      ]),
      [
        ['ours: epsilon=2/255', 'ours', 'eps: ours: epsilon=2/255', 'm2at', 2 / 255],
        ['ours: epsilon=4/255', 'ours', 'eps: ours: epsilon=4/255', 'm2at', 4 / 255],
        ['pgd: epsilon=2/255', 'pgd', 'eps: pgd: epsilon=2/255', 'pgd-at', 2 / 255],
        ['pgd: epsilon=4/255', 'pgd', 'eps: pgd: epsilon=4/255', 'pgd-at', 4 / 255],
      ],
    );
  });

  it('changes the kind of an object, an entry of a list, and what a recipe fills', () => {
    const kinds = runsOf({ grid: { 'method.epsilon': ['4/255'], 'method.name': ['m2at', 'pgd-at'] } });
    assert.deepEqual(
      kinds.map((run) => [run.name, run.experiment.method.name, epsilonOf(run)]),
      [
        ['name=m2at', 'm2at', 4 / 255],
        ['name=pgd-at', 'pgd-at', 4 / 255],
      ],
    );
    const evaluation = {
      final: { count: 100, attacks: [{ name: 'fgsm' }, { name: 'pgd', epsilon: '8/255' }] },
    };
    const listed = runsOf({ grid: { 'evaluation.final.attacks.1.steps': [5, 50] } }, { evaluation });
    assert.deepEqual(
      listed.map(({ name, experiment }): unknown[] => [
        name,
        Reflect.get(experiment.evaluation.final.attacks[1] ?? {}, 'steps'),
      ]),
      [
        ['steps=5', 5],
        ['steps=50', 50],
      ],
    );
    const [trades, ...others] = builtIn.recipes;
    const other = others.find(({ fills }) => nameOf(fills.method) !== nameOf(trades?.fills.method));
    const text = JSON.stringify({
      dataset: { name: 'cifar10' },
      sweep: { grid: { 'training.epochs': [10], recipe: [trades?.name, other?.name] } },
    });
    const { runs: filled } = parseExperiment(text);
    assert.deepEqual(
      filled?.map(({ name, experiment }) => [name, experiment.training.epochs, experiment.method.name]),
      [trades, other].map((recipe) => [
        `recipe=${recipe?.name ?? ''}`.slice(0, 31),
        10,
        nameOf(recipe?.fills.method),
      ]),
    );
  });

  it('names runs by as much of a path as is needed, and by values that are told apart', () => {
    assert.deepEqual(
      namesOf(
        {
          zip: {
            'method.epsilon': ['4/255', '8/255'],
            'evaluation.final.attacks.0.epsilon': ['4/255', '8/255'],
          },
        },
        {
          evaluation: { final: { count: 100, attacks: [{ name: 'pgd' }] } },
        },
      ),
      ['method.epsilon=4/255, 0.epsilon=4/255', 'method.epsilon=8/255, 0.epsilon=8/255'].map((name) =>
        name.replace('0.epsilon', 'attacks.0.epsilon'),
      ),
    );
    const schedules = [1, 2].map((peak) => ({ name: 'cyclic', learningRate: 0.1, peak: peak / 10 }));
    const [first = '', second = ''] = namesOf({ grid: { 'training.schedule': schedules } });
    assert.notEqual(first, second);
    assert.ok(first.length <= 60 && second.length <= 60, first);
    const long = 'x'.repeat(60);
    const names = namesOf(
      { grid: { 'method.epsilon': ['1/255', '2/255'] } },
      { name: 'n'.repeat(90), runs: [{ name: 'y' }] },
    );
    assert.deepEqual(names, ['y: epsilon=1/255', 'y: epsilon=2/255']);
    const runs = runsOf({ grid: { 'method.epsilon': ['1/255', '2/255'] } }, { name: 'n'.repeat(90) });
    assert.ok(
      runs.every(({ experiment }) => experiment.name.length <= 100 && experiment.name.endsWith('/255')),
    );
    assert.match(
      problemsOf({ seeds: 2 }, { name: long + long })[0] ?? '',
      /name must be text of at most 100 characters/,
    );
  });

  it('marks a wrong value, a wrong path and what it could be, and tells each once', () => {
    assert.deepEqual(
      problemsOf({ grid: { 'method.epsilon': ['4/255', 'much'], 'training.epochs': [1, 2] }, seeds: 3 }),
      [
        '"much" | sweep.grid.method.epsilon[1] must be a non-negative number or a fraction such as "8/255"; got "much"',
      ],
    );
    const text = JSON.stringify({ ...base, sweep: { grid: { 'methd.epsilon': [0.1, 0.2] } } });
    const [problem] = parseExperiment(text).problems ?? [];
    assert.equal(problem?.message, 'leads to no known key; did you mean "method.epsilon"?');
    assert.equal(text.slice(problem.offset, problem.offset + problem.length), '"methd.epsilon"');
    assert.equal(problem.fix?.text, '"method.epsilon"');
    assert.match(problemsOf({ grid: { 'method.epsilom': [0.1] } })[0] ?? '', /did you mean "method.epsilon"/);
    assert.match(
      problemsOf({ grid: { 'seed.x': [1, 2] } })[0] ?? '',
      /^"seed.x" \| .* leads through "seed", which is 5/,
    );
    assert.match(
      problemsOf({ grid: { 'method.name': ['m2at', 'pdg-at'] } })[0] ?? '',
      /^"pdg-at" \| sweep.grid.method.name\[1\] must be one of .*did you mean "pgd-at"/,
    );
    assert.match(
      problemsOf({ grid: { 'method.epsilon': [] } })[0] ?? '',
      /^"method.epsilon":\[\] \| .*at least 1 entries/,
    );
  });

  it('says what is wrong between values, with the first run that has it', () => {
    const problems = problemsOf(
      { grid: { 'training.batchSize': [64, 2000], 'training.accumulate': [1, 3] } },
      { training: {} },
    );
    assert.match(
      problems[0] ?? '',
      /^3 \| sweep.grid.training.accumulate\[1\] must divide the batch size, which is 64/,
    );
  });

  it('refuses what has no meaning as a sweep, at its place', () => {
    for (const [sweep, problem] of [
      [{}, /sweep goes through nothing/],
      [
        { zip: { 'method.epsilon': [0.1, 0.2], 'training.epochs': [1] } },
        /sweep.zip needs lists of equal length.*"training.epochs" has 1/,
      ],
      [{ grid: { name: ['a', 'b'] } }, /sweep.grid.name is made from what differs/],
      [{ grid: { 'runs.0.seed': [1] } }, /sweep.grid.runs.0.seed is of the file/],
      [{ grid: { seed: [1, 2] }, seeds: 2 }, /sweep.grid.seed and seeds both say the seed/],
      [{ grid: { seed: [1, 1] } }, /sweep.grid.seed\[1\] is in the list twice/],
      [{ seeds: [1, 1] }, /sweep.seeds\[1\] is in the list twice/],
      [{ grid: { seed: [1] }, zip: { seed: [1] } }, /sweep.zip.seed is in the grid as well/],
      [{ grids: {} }, /sweep.grids is not a known key here; did you mean "grid"/],
      [{ seeds: 0 }, /sweep.seeds/],
      [{ seeds: 3 }, /sweep.seeds must be at most 4294967295/],
      [[], /sweep must be an object/],
    ] as const) {
      const more = 'seeds' in sweep && sweep.seeds === 3 ? { seed: 4_294_967_295 } : {};
      const problems = problemsOf(sweep, more);
      assert.match(problems.join('\n'), problem);
    }
  });

  it('is laid over what is set for every run, which has to be something else', () => {
    const text = JSON.stringify({
      ...base,
      sweep: { grid: { 'method.epsilon': ['1/255', '2/255'] }, seeds: 2 },
    });
    const { runs } = parseExperiment(text, builtIn, { set: { 'training.epochs': 3 } });
    assert.deepEqual(
      runs?.map(({ experiment }) => [experiment.name, experiment.training.epochs]).slice(0, 2),
      [
        ['eps, epochs=3: epsilon=1/255, seed=5', 3],
        ['eps, epochs=3: epsilon=1/255, seed=6', 3],
      ],
    );
    const { problems } = parseExperiment(text, builtIn, { set: { 'method.epsilon': 0.1, seed: 1 } });
    assert.deepEqual(
      problems?.map(({ field }) => field),
      ['sweep.grid.method.epsilon', 'sweep.seeds'],
    );
  });

  it('makes at most 10,000 runs of a file, in a moment', () => {
    const hundred = Array.from({ length: 100 }, (_, n) => (n + 1) / 1000);
    const grid = { 'method.epsilon': hundred, 'method.stepSize': hundred };
    parseExperiment(JSON.stringify(base));
    const began = performance.now();
    const runs = runsOf({ grid });
    const seconds = (performance.now() - began) / 1000;
    assert.equal(runs.length, 10_000);
    assert.equal(new Set(runs.map(({ name }) => name)).size, 10_000);
    assert.ok(seconds < 10, `${seconds} s`);
    assert.match(
      problemsOf({ grid, seeds: 2 })[0] ?? '',
      /\| sweep makes 20000 runs; a file has at most 10000$/,
    );
    assert.match(
      problemsOf({ grid }, { runs: [{ name: 'a' }, { name: 'b' }] })[0] ?? '',
      /makes 20000 runs, 10000 for each of 2 runs/,
    );
  });
});
