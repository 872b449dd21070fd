import assert from 'node:assert/strict';
import { copyFile, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { attackRun } from '../../../src/core/attacking/attack-run';
import { loadDataset, openSource } from '../../../src/core/data/load-dataset';
import { openExtra } from '../../../src/core/data/open-extra';
import { datasets } from '../../../src/core/data/sets';
import type { ExtraImages } from '../../../src/core/data/dataset';
import { loadExperiment } from '../../../src/core/experiment/load-experiment';
import { parseExperiment } from '../../../src/core/experiment/parse-experiment';
import { methods } from '../../../src/core/methods';
import { chooseMethod } from '../../../src/core/methods/choose-method';
import { Random } from '../../../src/core/random';
import { runDirectory } from '../../../src/core/records/run-paths';
import { builtIn } from '../../../src/core/registry/registry';
import { ThreadedBatches } from '../../../src/core/training/threaded-batches';
import { TrainingBatches, type BatchPlan } from '../../../src/core/training/training-batches';
import { trainRun } from '../../../src/core/training/train-run';
import { requested } from '../attacks/named';
import { picture, referenceFiles } from '../data/reference-files';
import { temporaryRoot, tinyDataset, tinyExperiment } from './tiny-task';

const GENERATED = path.join(referenceFiles, 'generated.npz');
const signal = new AbortController().signal;
const dataset = tinyDataset(40);
const plan: BatchPlan = {
  ...{ batchSize: 8, stepsPerEpoch: 5, steps: 15, seed: 7, classes: 3, extraCount: 3 },
  // Images stay as they are, so that they are known again.
  augment: { crop: 0, flip: false },
  ...{ method: { name: 'standard' }, meanColour: [0.2, 0.5, 0.7], options: {} },
};
const method = chooseMethod(methods, plan.method);
const IMAGE = 8 * 8 * 3;

const openGenerated = (inMemoryBytes?: number): Promise<ExtraImages> =>
  openExtra({ file: GENERATED, share: 0.4 }, dataset, { inMemoryBytes });

/** Which generated image it is: the first is number 100 of the formula. */
function numberOf(image: Float32Array): number {
  const found = Array.from({ length: 20 }, (_, n) => n).find((n) =>
    picture(100 + n, 8, 3).every((value, i) => image[i] === Math.fround(value / 255)),
  );
  return found ?? -1;
}

describe('generated images beside those of a data set', () => {
  it('are so many of each batch; an epoch has as many steps as without them, and each at most once', async () => {
    const { source } = await openGenerated();
    const batches = new TrainingBatches(dataset.train, plan, method, source);
    const seen: number[][] = [];
    for (let step = 0; step < plan.steps; step++) {
      const { images, labels } = await batches.at(step);
      assert.deepEqual(images.shape, [8, 8, 8, 3]);
      const numbers = Array.from({ length: 8 }, (_, n) =>
        numberOf(images.data.subarray(n * IMAGE, (n + 1) * IMAGE)),
      );
      assert.deepEqual(
        numbers.map((n) => n < 0),
        [true, true, true, true, true, false, false, false],
      );
      assert.deepEqual(
        [...labels].slice(5),
        numbers.slice(5).map((n) => n % 3),
      );
      (seen[Math.floor(step / plan.stepsPerEpoch)] ??= []).push(...numbers.slice(5));
    }
    for (const epoch of seen) assert.equal(new Set(epoch).size, 15);
    assert.notDeepEqual(seen[0], seen[1]);
  });

  it('are all taken, and again, where an epoch takes more than there are', async () => {
    const { source } = await openGenerated();
    const batches = new TrainingBatches(dataset.train, { ...plan, extraCount: 7 }, method, source);
    const seen: number[] = [];
    for (let step = 0; step < 5; step++) {
      const { images } = await batches.at(step);
      for (let n = 1; n < 8; n++) seen.push(numberOf(images.data.subarray(n * IMAGE, (n + 1) * IMAGE)));
    }
    assert.equal(new Set(seen.slice(0, 20)).size, 20);
    assert.equal(new Set(seen.slice(20)).size, 15);
  });

  it('leave the originals where they were, and are the same from their file, from memory and from a thread', async () => {
    const [inMemory, inFile] = [await openGenerated(), await openGenerated(0)];
    assert.deepEqual(
      [inMemory, inFile].map(({ source }) => source.handle().kind),
      ['memory', 'file'],
    );
    const augmented = { ...plan, augment: { crop: 2, flip: true } };
    const inline = new TrainingBatches(dataset.train, augmented, method, inMemory.source);
    const fromFile = new TrainingBatches(dataset.train, augmented, method, inFile.source);
    const threaded = await ThreadedBatches.start(dataset.train, augmented, undefined, inFile.source);
    const alone = new TrainingBatches(dataset.train, { ...augmented, batchSize: 5, extraCount: 0 }, method);
    try {
      for (const step of [7, 8, 0, 14]) {
        const batch = await inline.at(step);
        assert.deepEqual(await fromFile.at(step), batch);
        assert.deepEqual(await threaded.at(step), batch);
        const { images, labels } = await alone.at(step);
        assert.deepEqual(batch.images.data.subarray(0, 5 * IMAGE), images.data);
        assert.deepEqual(batch.labels.subarray(0, 5), labels);
      }
    } finally {
      await threaded.dispose();
    }
  });

  it('have to be of the size and the classes of the data set', async () => {
    const wide = { ...dataset, train: { ...dataset.train, height: 16, width: 16 } };
    await assert.rejects(
      openExtra({ file: GENERATED, share: 0.5 }, wide, {}),
      /generated\.npz: image: images of shape \(8, 8, 3\) are not as those of the data set[^]*Those are 16 x 16 x 3/,
    );
    await assert.rejects(
      openExtra({ file: GENERATED, share: 0.5 }, { ...dataset, classNames: ['a', 'b'] }, {}),
      /generated\.npz: label: label 2 is 2[^]*The data set has 2 classes/,
    );
    await assert.rejects(
      openExtra({ file: path.join(referenceFiles, 'none.npz'), share: 0.5 }, dataset, {}),
      /none\.npz: the file is missing/,
    );
  });

  it('have a share that leaves both kinds in a batch', () => {
    const problemsOf = (share: number): string[] => {
      const extra = { file: '1m.npz', share };
      const text = JSON.stringify({ ...tinyExperiment(), dataset: { name: 'cifar10', extra } });
      return (parseExperiment(text, builtIn).problems ?? []).map(
        ({ field, message }) => `${field} ${message}`,
      );
    };
    assert.deepEqual(problemsOf(0.7), []);
    assert.deepEqual(problemsOf(0.01), [
      'dataset.extra.share makes 0 of the 8 images of a batch generated ones; some have to be, and not all',
    ]);
    assert.match(problemsOf(0.99).join(), /makes 8 of the 8 images/);
    assert.match(problemsOf(1).join(), /dataset\.extra\.share must be less than 1/);
  });

  it('are opened by a thread as what they are, and not once more with the data set', async () => {
    const said = { name: 'arrays', file: path.join(referenceFiles, 'keras.npz') };
    const extra = { file: path.join(referenceFiles, 'none.npz'), share: 0.5 };
    await assert.rejects(loadDataset(datasets, { ...said, extra }), /none\.npz: the file is missing/);
    const parameters = { ...said, extra };
    const source = await openSource(datasets, { kind: 'dataset', parameters, split: 'test' });
    assert.equal(source.count, 8);
  });

  it('can be drawn without having all of their numbers in memory', () => {
    const random = Random.keyed(1, 'sample');
    const drawn = random.sample(2 ** 31, 1000);
    assert.equal(new Set(drawn).size, 1000);
    assert.ok(drawn.some((n) => n > 2 ** 30));
    const orders = new Map<string, number>();
    for (let n = 0; n < 6000; n++) {
      const key = random.sample(3, 3).join();
      orders.set(key, (orders.get(key) ?? 0) + 1);
    }
    assert.equal(orders.size, 6);
    for (const times of orders.values()) assert.ok(Math.abs(times - 1000) < 150, `${times} of 6000`);
  });
});

describe('a run with generated images', () => {
  let root: string;
  before(async () => {
    root = await temporaryRoot();
    await copyFile(path.join(referenceFiles, 'keras.npz'), path.join(root, 'set.npz'));
    await copyFile(GENERATED, path.join(root, 'generated.npz'));
  });
  after(() => rm(root, { recursive: true }));

  it('is the same when it was stopped and resumed, holds out and shows originals alone, and is attacked', async () => {
    const file = path.join(root, 'extra.m2at.json');
    const tiny = tinyExperiment({ method: { name: 'm2at', steps: 1 } });
    const training = { ...tiny.training, batchSize: 4, validation: { count: 3 } };
    const data = { name: 'arrays', file: 'set.npz', extra: { file: 'generated.npz', share: 0.5 } };
    const text = { ...tiny, device: 'onnx-cpu', threads: 1, training, dataset: data };
    await writeFile(file, JSON.stringify(text));
    const [loaded] = await loadExperiment(file);
    assert.ok(loaded);
    const { experiment } = loaded;
    assert.deepEqual(experiment.dataset.extra, { file: path.join(root, 'generated.npz'), share: 0.5 });
    const logs: string[] = [];
    const train = (o: { resume?: string; stopAfter?: number }) => {
      const controller = new AbortController();
      let rows = 0;
      return trainRun({
        ...{ experiment, root, signal: controller.signal, resume: o.resume },
        onEvent: (_, event) => {
          if (event.type === 'log') logs.push(event.text);
          if (event.type === 'metric' && ++rows === o.stopAfter) controller.abort();
        },
      });
    };
    const whole = await train({});
    assert.equal(whole.status, 'done', whole.message);
    assert.match(logs.join('\n'), /9 training images, 3 more for validation, batches of 4, 2 steps an epoch/);
    assert.match(logs.join('\n'), /2 images of each batch are of 20 generated ones/);
    const stopped = await train({ stopAfter: 1 });
    assert.equal(stopped.status, 'stopped');
    const resumed = await train({ resume: stopped.id });
    assert.equal(resumed.status, 'done', resumed.message);
    const weights = async (id: string): Promise<string[]> => {
      const folder = path.join(runDirectory(root, id), 'checkpoints', 'last');
      const names = (await readdir(folder)).filter((name) => name.endsWith('.bin')).sort();
      return Promise.all(names.map((name) => readFile(path.join(folder, name), 'base64')));
    };
    assert.deepEqual(await weights(resumed.id), await weights(whole.id));
    const samples = path.join(runDirectory(root, whole.id), 'samples');
    for (const name of (await readdir(samples)).filter((one) => one.endsWith('.json'))) {
      const { rows } = JSON.parse(await readFile(path.join(samples, name), 'utf8')) as {
        rows: { index: number; label: number }[];
      };
      assert.ok(rows.length > 0 && rows.every(({ index, label }) => index < 12 && label === index % 3));
    }
    const { report } = await attackRun({
      ...{ root, registry: builtIn, signal, onEvent: () => undefined },
      ...{ seed: 1, threads: 1, device: 'onnx-cpu', count: 6 },
      checkpoint: path.join(runDirectory(root, whole.id), 'checkpoints', 'last'),
      attacks: [requested({ name: 'pgd', steps: 2 })],
    });
    assert.deepEqual([report.dataset, report.count], ['arrays', 6]);
  }).timeout(120_000);
});
