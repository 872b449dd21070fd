import assert from 'node:assert/strict';
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { defineDataset, imageParameters } from '../../../src/core/data/define-dataset';
import { keepingLatest } from '../../../src/core/data/keeping-latest';
import type { Dataset } from '../../../src/core/data/dataset';
import { M2atError } from '../../../src/core/errors';
import { trainJob, type TrainJob } from '../../../src/core/jobs/train-job';
import type { RunRecord } from '../../../src/core/records/run-files';
import { runFile } from '../../../src/core/records/run-paths';
import { builtIn } from '../../../src/core/registry/registry';
import { listRuns, readExperiment, runDirectory } from '../../../src/core/runs/run-store';
import { temporaryRoot, tinyDataset } from '../training/tiny-task';

describe('a job of several runs', () => {
  const { classNames, normalization } = tinyDataset();
  const counts = { train: 40, test: 12 };
  /** What opening so many training images fails of. */
  const failures: Readonly<Record<number, Error>> = {
    21: new M2atError('data', 'the data are damaged'),
    22: new Error('a defect'),
    23: new M2atError('memory', 'there is too little of it'),
  };
  /** How many training images each opening was for. */
  const opened: number[] = [];
  const tiny = defineDataset({
    name: 'tiny',
    title: 'Tiny',
    facts: { classNames, counts, height: 8, width: 8, channels: 3, normalization },
    parameters: imageParameters('tiny', counts, 'None is needed.'),
    open: ({ trainCount, testCount }): Promise<Pick<Dataset, 'train' | 'test'>> => {
      opened.push(trainCount);
      const failure = failures[trainCount];
      if (failure) return Promise.reject(failure);
      return Promise.resolve(tinyDataset(trainCount, testCount));
    },
  });
  const registry = { ...builtIn, datasets: [tiny, ...builtIn.datasets] };

  let root: string;
  beforeEach(async () => {
    root = await temporaryRoot();
    opened.length = 0;
  });
  afterEach(() => rm(root, { recursive: true }));

  async function train(
    runs: readonly object[],
    { more = {}, ...options }: { readonly more?: object } & Partial<TrainJob> = {},
  ): Promise<RunRecord[]> {
    const file = path.join(root, 'several.m2at.json');
    const evaluation = {
      during: { count: 4, attacks: [] },
      final: { count: 4, attacks: [{ name: 'fgsm' }] },
    };
    const experiment = {
      name: 'several',
      device: 'onnx-cpu',
      dataset: { name: 'tiny' },
      model: { name: 'small-cnn', widths: [4, 4, 4, 4], hidden: 4 },
      method: { name: 'standard' },
      training: { epochs: 1, batchSize: 9, schedule: { name: 'cyclic' }, validation: 2 },
      evaluation,
      samples: { count: 0 },
      ...(runs.length > 0 && { runs }),
      ...more,
    };
    await writeFile(file, JSON.stringify(experiment));
    const { signal } = new AbortController();
    return trainJob({ file, root, registry, signal, onEvent: () => undefined, ...options });
  }

  /** Of the last checkpoint. Which steps have rows in the metrics depends on how long they took. */
  const weightsOf = async ({ id }: RunRecord): Promise<Buffer> => {
    const folder = path.join(runDirectory(root, id), runFile.lastCheckpoint);
    const name = (await readdir(folder)).find((file) => file.startsWith('weights-'));
    return readFile(path.join(folder, name ?? ''));
  };

  it('does the others when one diverges, so that they can be compared', async () => {
    const schedule = { name: 'cyclic', learningRate: 1e30, peak: 0.9 };
    const records = await train([
      { name: 'first' },
      { name: 'diverges', training: { epochs: 3, schedule } },
      { name: 'last' },
    ]);
    assert.deepEqual(
      records.map(({ status }) => status),
      ['done', 'failed', 'done'],
    );
  });

  it('does the others whatever one fails of, and writes down what it was', async () => {
    const records = await train([
      { name: 'first' },
      ...[21, 22, 23].map((trainCount) => ({
        name: `fails ${trainCount}`,
        dataset: { name: 'tiny', trainCount },
      })),
      { name: 'last' },
    ]);
    assert.deepEqual(
      records.map(({ status, message = '' }) => [status, message.split('\n')[0]]),
      [
        ['done', ''],
        ['failed', 'the data are damaged'],
        ['failed', 'a defect'],
        ['failed', 'there is too little of it'],
        ['done', ''],
      ],
    );
    const listed = await listRuns(root);
    assert.deepEqual(listed.map(({ id }) => id).sort(), records.map(({ id }) => id).sort());
    const [, failed] = records;
    assert.ok(failed);
    assert.match(await readFile(path.join(runDirectory(root, failed.id), runFile.log), 'utf8'), /damaged/);
    assert.equal((await readExperiment(root, failed.id, registry)).dataset.trainCount, 21);
  });

  it('refuses at once what none of its runs can be done without', async () => {
    const dataset = { name: 'tiny', trainCount: 21 };
    await assert.rejects(train([{ name: 'first' }, { name: 'last' }], { more: { dataset } }), /are damaged/);
    const device = train([
      { name: 'first' },
      { name: 'last', device: process.platform === 'darwin' ? 'onnx-dml' : 'onnx-coreml' },
    ]);
    await assert.rejects(device, (error: unknown) => error instanceof M2atError && error.code === 'device');
    assert.deepEqual(opened, [21]);
    assert.deepEqual(await listRuns(root), []);
  });

  it('ends with a run that is stopped', async () => {
    const stop = new AbortController();
    const begun = new Set<string>();
    const records = await train([{ name: 'first' }, { name: 'second' }, { name: 'third' }], {
      signal: stop.signal,
      onEvent: (run, event) => {
        if (event.type !== 'metric') return;
        begun.add(run);
        if (begun.size === 2) stop.abort();
      },
    });
    assert.deepEqual(
      records.map(({ name, status }) => [name, status]),
      [
        ['several: first', 'done'],
        ['several: second', 'stopped'],
      ],
    );
  });

  it('says in the record of each run of a sweep which group it is of, and is started by the names of its runs', async () => {
    const sweep = { grid: { 'training.epochs': [1, 2] }, seeds: 2 };
    const records = await train([], { more: { sweep } });
    const [{ group } = {}] = records;
    assert.match(group?.id ?? '', /-group-several-[0-9a-f]{4}$/);
    assert.deepEqual(
      records.map((record) => [record.name, record.status, record.group]),
      ['epochs=1, seed=0', 'epochs=1, seed=1', 'epochs=2, seed=0', 'epochs=2, seed=1'].map((name, n) => [
        `several: ${name}`,
        'done',
        { id: group?.id, name: 'several', index: n + 1, size: 4, setting: `several: ${name.slice(0, 8)}` },
      ]),
    );
    assert.deepEqual(opened, [40], 'the data are read once');
    const again = (await listRuns(root)).filter((record) => record.group?.id === group?.id);
    assert.equal(again.length, 4, 'the group is on the disk');
    const entries = [{ name: 'a' }, { name: 'b', seed: 4 }];
    const ofEntry = await train(entries, { more: { sweep: { seeds: 2 } }, runs: ['b'] });
    assert.deepEqual(
      ofEntry.map(({ name, group: of }) => [name, of?.size]),
      [
        ['several: b: seed=4', 2],
        ['several: b: seed=5', 2],
      ],
    );
    const [alone] = await train(entries, { more: { sweep: { seeds: 2 } }, runs: ['a: seed=1'] });
    assert.deepEqual([alone?.name, alone?.group], ['several: a: seed=1', undefined]);
  });

  it('reads a data set once for the runs in a row that ask for the same, to the same numbers', async () => {
    const dataset = { name: 'tiny', trainCount: 20 };
    const records = await train([
      { name: 'first', seed: 1 },
      { name: 'second', seed: 2 },
      { name: 'smaller', seed: 2, dataset },
      { name: 'again', seed: 2, training: { epochs: 2 }, dataset },
      { name: 'back', seed: 2 },
    ]);
    assert.deepEqual(
      records.map(({ name, status }) => [name, status]),
      ['first', 'second', 'smaller', 'again', 'back'].map((name) => [`several: ${name}`, 'done']),
    );
    assert.deepEqual(opened, [40, 20, 40]);
    const [first, second, , , back] = await Promise.all(records.map(weightsOf));
    assert.ok(first && second && first.length > 100);
    assert.deepEqual(back, second, 'as with images that were read for it');
    assert.notDeepEqual(first, second, 'seeds make a difference');
  });

  it('begins none where a file is missing that one of them names', async () => {
    const gone = (name: string): string => path.join(root, name);
    await mkdir(gone('empty'));
    for (const [last, field, place] of [
      [{ dataset: { name: 'folder', folder: 'no-pictures' } }, 'dataset.folder', gone('no-pictures')],
      [{ dataset: { name: 'arrays', file: 'none.npz' } }, 'dataset.file', gone('none.npz')],
      [{ dataset: { name: 'tiny', extra: { file: 'none.npz' } } }, 'dataset.extra.file', gone('none.npz')],
      [{ model: { name: 'checkpoint', file: 'none/model.json' } }, 'model.file', gone('none/model.json')],
      [{ method: { name: 'hat', helper: 'none.json' } }, 'method.helper', gone('none.json')],
    ] as const) {
      const job = train([{ name: 'first' }, { name: 'last', ...last }]);
      await assert.rejects(job, (error: unknown) => {
        assert.ok(error instanceof M2atError, String(error));
        assert.deepEqual([error.code, error.where], ['bad-input', place]);
        assert.match(error.what, /^the (file|folder) is missing$/);
        const hint = `${field} of the run "last" names it: correct the path in several.m2at.json`;
        assert.ok(error.hint?.startsWith(hint), error.hint);
        return true;
      });
    }
    const empty = train([{ name: 'first' }, { name: 'last', model: { name: 'checkpoint', file: 'empty' } }]);
    await assert.rejects(empty, /empty: no model is there/);
    assert.deepEqual(opened, []);
    assert.deepEqual((await readdir(root)).sort(), ['empty', 'several.m2at.json']);
  });

  it('gives images up before others are read', async () => {
    const failing = { ...tiny, open: () => Promise.reject(new Error('unreadable')) };
    const [first, second] = keepingLatest([tiny, failing]);
    assert.ok(first && second);
    const parameters = { name: 'tiny', trainCount: 20, testCount: 12 };
    const one = await first.open(parameters, {});
    assert.equal(await first.open({ ...parameters }, {}), one);
    await assert.rejects(second.open({ ...parameters, trainCount: 30 }, {}), /unreadable/);
    await first.open(parameters, {});
    assert.deepEqual(opened, [20, 20]);
  });
});
