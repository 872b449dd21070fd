import assert from 'node:assert/strict';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { defineDataset, imageParameters } from '../../../src/core/data/define-dataset';
import { M2atError } from '../../../src/core/errors';
import type { Settings } from '../../../src/core/experiment/set-settings';
import { trainJob } from '../../../src/core/jobs/train-job';
import type { RunRecord } from '../../../src/core/records/run-files';
import { runFile } from '../../../src/core/records/run-paths';
import { builtIn } from '../../../src/core/registry/registry';
import { readExperiment, readRecord, runDirectory } from '../../../src/core/runs/run-store';
import { temporaryRoot, tinyDataset } from '../training/tiny-task';

describe('a run like another one', () => {
  const { classNames, normalization } = tinyDataset();
  const counts = { train: 40, test: 12 };
  const tiny = defineDataset({
    name: 'tiny',
    title: 'Tiny',
    facts: { classNames, counts, height: 8, width: 8, channels: 3, normalization },
    parameters: imageParameters('tiny', counts, 'None is needed.'),
    open: ({ trainCount, testCount }) => Promise.resolve(tinyDataset(trainCount, testCount)),
  });
  const registry = { ...builtIn, datasets: [tiny, ...builtIn.datasets] };
  const experiment = {
    name: 'first',
    device: 'onnx-cpu',
    seed: 3,
    dataset: { name: 'tiny' },
    model: { name: 'small-cnn', widths: [4, 4, 4, 4], hidden: 4 },
    method: { name: 'pgd-at', steps: 1, epsilon: '8/255' },
    training: { epochs: 1, batchSize: 9, schedule: { name: 'cyclic' }, validation: 2 },
    evaluation: {
      during: { count: 4, attacks: [] },
      final: { count: 4, attacks: [{ name: 'fgsm' }] },
    },
    samples: { count: 0 },
  };
  const { signal } = new AbortController();
  const onEvent = (): void => undefined;

  let root: string;
  let first: RunRecord;
  before(async () => {
    root = await temporaryRoot();
    const file = path.join(root, 'first.m2at.json');
    await writeFile(file, JSON.stringify(experiment));
    [first] = (await trainJob({ file, root, registry, signal, onEvent })) as [RunRecord];
    // What it did is in its own directory.
    await rm(file);
  });
  after(() => rm(root, { recursive: true }));

  const like = async (set: Settings, run = first.id): Promise<RunRecord> => {
    const [record] = await trainJob({ like: { run, set }, root, registry, signal, onEvent });
    assert.ok(record);
    return record;
  };
  const settings = ({ id }: RunRecord): ReturnType<typeof readExperiment> =>
    readExperiment(root, id, registry);
  const refused = async (set: Settings, run?: string): Promise<M2atError> => {
    const error: unknown = await like(set, run).then(
      () => undefined,
      (reason: unknown) => reason,
    );
    assert.ok(error instanceof M2atError, String(error));
    assert.equal(error.code, 'bad-input');
    return error;
  };

  it('does the same where nothing is set, to the same numbers', async () => {
    const again = await like({});
    assert.deepEqual(await settings(again), await settings(first));
    const numbers = ({ cleanAccuracy, robustAccuracy }: RunRecord): unknown[] => [
      cleanAccuracy,
      robustAccuracy,
    ];
    assert.deepEqual(numbers(again), numbers(first));
    assert.deepEqual([again.status, again.name], ['done', 'first']);
  });

  it('differs in what is set, and says so in its name', async () => {
    const changed = await like({ 'method.epsilon': '4/255', 'training.schedule.peak': 0.2, seed: 4 });
    const [then, now] = [await settings(first), await settings(changed)];
    assert.deepEqual(now, {
      ...then,
      name: 'first, epsilon=4/255, peak=0.2, seed=4',
      seed: 4,
      method: { ...then.method, epsilon: 4 / 255 },
      training: { ...then.training, schedule: { ...then.training.schedule, peak: 0.2 } },
    });
    assert.equal((await like({ seed: 5 }, changed.id)).name, 'first, epsilon=4/255, peak=0.2, seed=5');
    assert.equal((await like({ seed: 5, name: 'mine' })).name, 'mine');
  });

  it('records how it is done again, and the commit that it was done with', async () => {
    assert.deepEqual(first.command, ['train', 'first.m2at.json']);
    assert.equal(first.git, undefined, 'there is no repository');
    const commit = '0123456789abcdef0123456789abcdef01234567';
    await mkdir(path.join(root, '.git'));
    await writeFile(path.join(root, '.git', 'HEAD'), `${commit}\n`);
    try {
      const { command, git, id } = await like({ 'method.epsilon': '4/255', name: 'x y' });
      assert.deepEqual(command, [
        ...['train', '--like', first.id, '--set', 'method.epsilon=4/255', '--set', 'name=x y'],
      ]);
      assert.deepEqual(git, { commit });
      const stored = await readRecord(root, id);
      assert.deepEqual([stored.command, stored.git], [command, git]);
    } finally {
      await rm(path.join(root, '.git'), { recursive: true });
    }
  });

  it('has no key of the method, or the attack, that it had before', async () => {
    const now = await settings(
      await like({
        'method.name': 'standard',
        'evaluation.final.attacks.0.name': 'pgd',
        'evaluation.final.attacks.0.steps': 1,
      }),
    );
    assert.deepEqual(now.method, { name: 'standard' });
    const [attack] = now.evaluation.final.attacks;
    assert.deepEqual([attack?.name, attack && 'steps' in attack && attack.steps], ['pgd', 1]);
  });

  it('is refused for a wrong setting, with its path', async () => {
    const wrong = await refused({ 'method.epsilom': 0.1 });
    assert.match(wrong.what, /^method\.epsilom is not a known key here; did you mean "epsilon"\?$/);
    assert.match(wrong.where ?? '', new RegExp(`^the settings of ${first.id}`));
    assert.match(
      (await refused({ 'training.epochs': 0 })).what,
      /^training\.epochs must be at least 1; got 0/,
    );
    assert.match((await refused({ 'training.epochs': 'many' })).what, /^training\.epochs must be .*"many"/);
    assert.match(
      (await refused({ recipe: 'pgd-at-preact-resnet-18' })).what,
      /^recipe fills what a file leaves open/,
    );
    assert.match((await refused({ seed: 1 }, '2026-01-01-000000-m2at-0000')).what, /^there is no run 2026/);
  });

  it('means what a run of the first version meant', async () => {
    const { checksums, ...record } = first;
    const id = '2026-01-01-000000-pgd-at-0001';
    const old = runDirectory(root, id);
    await mkdir(old);
    assert.ok(checksums);
    const text = await readFile(path.join(runDirectory(root, first.id), runFile.experiment), 'utf8');
    const { training, ...rest } = JSON.parse(text) as { training: Record<string, unknown> };
    await writeFile(
      path.join(old, runFile.experiment),
      JSON.stringify({
        ...rest,
        training: Object.fromEntries(Object.entries(training).filter(([key]) => key !== 'validation')),
      }),
    );
    await writeFile(path.join(old, runFile.record), JSON.stringify({ ...record, id }));
    assert.equal((await settings(await like({ seed: 9 }, id))).training.validation, undefined);
  });
});
