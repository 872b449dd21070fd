import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { open, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { createProgram } from '../../../src/cli/program';
import { requested } from '../attacks/named';
import { attackRun } from '../../../src/core/attacking/attack-run';
import { gatherImages } from '../../../src/core/data/batch';
import type { Dataset } from '../../../src/core/data/dataset';
import { datasets } from '../../../src/core/data/sets';
import type { Device } from '../../../src/core/engine/devices/device';
import { openDevice } from '../../../src/core/engine/devices/devices';
import { M2atError } from '../../../src/core/errors';
import { experimentJsonSchema } from '../../../src/core/experiment/json-schema';
import { loadExperiment } from '../../../src/core/experiment/load-experiment';
import { trainJob } from '../../../src/core/jobs/train-job';
import { methods } from '../../../src/core/methods';
import { chooseMethod } from '../../../src/core/methods/choose-method';
import { runDirectory } from '../../../src/core/records/run-paths';
import type { AttackReport, RunRecord } from '../../../src/core/records/run-files';
import { builtIn } from '../../../src/core/registry/registry';
import { readRun } from '../../../src/core/runs/run-store';
import { ThreadedBatches } from '../../../src/core/training/threaded-batches';
import { TrainingBatches } from '../../../src/core/training/training-batches';
import { trainRun, type TrainRunOptions } from '../../../src/core/training/train-run';
import { datasetRows, testCount } from '../../../src/extension/attack/dataset-rows';
import { root as repository } from '../../support/root';
import { temporaryRoot, tinyDataset, tinyExperiment } from '../training/tiny-task';
import { stripes } from './adding-a-dataset-example';

const registry = { ...builtIn, datasets: [...datasets, stripes] };
const batchThread = path.join(__dirname, 'toy-batches.js');
const signal = new AbortController().signal;
const COUNTS = { trainCount: 40, testCount: 12 };
/** The same images and labels, in memory. */
const inMemory: Dataset = {
  ...tinyDataset(COUNTS.trainCount, COUNTS.testCount),
  name: stripes.name,
  classNames: stripes.facts.classNames,
};

const quoted = (list: readonly { readonly name: string }[]): string[] => list.map(({ name }) => `"${name}"`);

describe('docs/adding-a-dataset.md', () => {
  it('shows the example that the tests run, as a file of src/core/data/sets/stripes', () => {
    const doc = readFileSync(path.join(repository, 'docs/adding-a-dataset.md'), 'utf8').replaceAll(
      '\r\n',
      '\n',
    );
    const example = readFileSync(path.join(repository, 'test/unit/data/adding-a-dataset-example.ts'), 'utf8')
      .replaceAll('\r\n', '\n')
      .replaceAll('../../../src/core/data/', '../../')
      .replaceAll('../../../src/core/', '../../../');
    assert.ok(doc.includes('```ts\n' + example + '```'), 'copy adding-a-dataset-example.ts into the page');
  });
});

describe('a data set of one file, in a list', () => {
  it('is in the schema, in the help and among the rows of the picker', () => {
    const schema = JSON.stringify(experimentJsonSchema(registry).properties);
    assert.ok(schema.includes(`"enum":[${quoted(datasets).join()},"stripes"]`));
    assert.match(schema, /"default":12000000/);
    const helpOf = (list: typeof registry, ...names: readonly string[]): string => {
      const commands = names.reduce(
        (command, name) => command.commands.find((one) => one.name() === name) ?? command,
        createProgram(list),
      );
      return commands.helpInformation().replace(/\s+/g, ' ');
    };
    const known = quoted(datasets).join(', ');
    assert.ok(helpOf(registry, 'attack').includes(`(choices: ${known}, "stripes")`));
    const fetchable = quoted(datasets.filter((one) => one.fetch)).join(', ');
    const fetched = { ...stripes, fetch: () => Promise.resolve('folder') };
    assert.ok(
      helpOf(registry, 'data', 'fetch').includes(`choices: ${fetchable})`),
      'there is nothing to fetch',
    );
    const both = { ...registry, datasets: [...datasets, fetched] };
    assert.ok(helpOf(both, 'data', 'fetch').includes(`choices: ${fetchable}, "stripes")`));

    const layout = { layout: 'NHWC', channelOrder: 'RGB', range: [0, 1] as [number, number] } as const;
    const spec = { ...layout, height: 8, width: 8, channels: 3, outputs: 'logits' } as const;
    const inspection = { spec: { ...spec, range: layout.range }, classes: 3 };
    const rowsOf = (found: object) => datasetRows(registry.datasets, [{ ...inspection, ...found }]);
    const choice = { dataset: { name: 'stripes', trainCount: 1 } };
    assert.deepEqual(rowsOf({}), [{ label: 'Stripes test images', choice }]);
    assert.deepEqual(
      rowsOf({ dataset: { name: 'stripes', folder: '/images' } }).map(({ label }) => label),
      ["The checkpoint's data set", 'Stripes test images'],
    );
    assert.deepEqual(rowsOf({ classes: 10 }), [], 'it has three classes');
    assert.equal(testCount(registry.datasets, choice, [inspection]), 1000);
    assert.equal(testCount(registry.datasets, { arrays: { images: 'x', labels: 'y' } }, []), undefined);
  });
});

describe('images that stay in their file', () => {
  let root: string;
  let device: Device;
  before(async () => {
    root = await temporaryRoot();
    device = await openDevice('onnx-cpu', { threads: 1 });
    const { train, test } = tinyDataset(COUNTS.trainCount, stripes.facts.counts.test);
    for (const { split, images, labels } of [train, test]) {
      await writeFile(path.join(root, `${split}.bin`), images);
      await writeFile(path.join(root, `${split}-labels.bin`), Uint8Array.from(labels));
    }
  });
  after(async () => {
    await device.dispose();
    await rm(root, { recursive: true });
  });
  const opened = () =>
    stripes.open(stripes.parameters.parse({ name: 'stripes', folder: root, ...COUNTS }), {});

  it('train, are shown and are evaluated as the same in memory are, to the bit', async () => {
    const tiny = tinyExperiment({ method: { name: 'm2at', steps: 1 } });
    const text = {
      ...tiny,
      // The file has no more images than these.
      training: { ...tiny.training, validation: 5 },
      device: 'onnx-cpu',
      threads: 1,
    };
    const file = path.join(root, 'stripes.m2at.json');
    await writeFile(file, JSON.stringify({ ...text, dataset: { name: 'stripes', folder: '.', ...COUNTS } }));
    const logs: string[] = [];
    const onEvent: TrainRunOptions['onEvent'] = (_, event) => {
      if (event.type === 'log') logs.push(event.text);
    };
    const job = { root, registry, signal, onEvent };
    const [byJob] = await trainJob({ ...job, file });
    assert.ok(byJob);
    // The bundle of the product knows nothing of the data set of a test.
    assert.ok(logs.some((line) => /between the steps.*"stripes" is not known here/.test(line)));
    const [run] = await loadExperiment(file, registry);
    assert.ok(run);
    logs.length = 0;
    const { experiment } = run;
    const inThread = await trainRun({ ...job, experiment, resources: { device, batchThread } });
    const fromMemory = await trainRun({ ...job, experiment, resources: { device, dataset: inMemory } });
    assert.ok(!logs.some((line) => line.includes('between the steps')), logs.join('\n'));
    const expected = await traces(root, fromMemory);
    assert.deepEqual(await traces(root, byJob), expected);
    assert.deepEqual(await traces(root, inThread), expected);

    const attack = async (resources: object): Promise<AttackReport> => {
      const { report } = await attackRun({
        ...{ root, registry, signal, onEvent: () => undefined, seed: 1, threads: 1, device: 'onnx-cpu' },
        count: COUNTS.testCount,
        checkpoint: path.join(runDirectory(root, byJob.id), 'checkpoints', 'last'),
        attacks: [requested({ name: 'hopskipjump', steps: 2 })],
        resources: { device, ...resources },
      });
      return report;
    };
    const { test } = tinyDataset(1, stripes.facts.counts.test);
    const [fileReport, memoryReport] = [await attack({}), await attack({ dataset: { ...inMemory, test } })];
    assert.equal(fileReport.dataset, 'stripes');
    assert.equal(fileReport.count, COUNTS.testCount);
    assert.deepEqual(
      fileReport.attacks.map(({ images }) => images),
      memoryReport.attacks.map(({ images }) => images),
    );
  });

  it('are read where they are, however many there are', async function () {
    // Windows gives a file all of its length.
    if (process.platform === 'win32') this.skip();
    const folder = await temporaryRoot();
    const last = 11_999_999;
    for (const [name, length] of [
      ['train.bin', 192],
      ['train-labels.bin', 1],
      ['test.bin', 192],
      ['test-labels.bin', 1],
    ] as const) {
      const handle = await open(path.join(folder, name), 'w');
      await handle.truncate((last + 1) * length);
      await handle.write(Uint8Array.of(255), 0, 1, last * length);
      await handle.close();
    }
    const { train } = await stripes.open(stripes.parameters.parse({ name: 'stripes', folder }), {});
    assert.equal(train.count, 12_000_000);
    assert.equal(train.labels[last], 255);
    assert.deepEqual((await gatherImages(train, [0, last])).data.slice(191, 194), Float32Array.of(0, 1, 0));
    await rm(folder, { recursive: true });
  });

  it('that can’t be read are told at their own step, and cost no other one', async () => {
    const source = (await opened()).train;
    const plan = {
      ...{ batchSize: 8, stepsPerEpoch: 5, steps: 5, seed: 7, classes: 3, augment: { crop: 1, flip: true } },
      ...{ method: { name: 'standard' }, options: {}, meanColour: [0, 0, 0] },
    };
    const inline = new TrainingBatches(inMemory.train, plan, chooseMethod(methods, plan.method));
    const threaded = await ThreadedBatches.start(source, plan, batchThread);
    const file = path.join(root, 'train.bin');
    const bytes = await readFile(file);
    try {
      await truncate(file, 39 * 192);
      const failed: M2atError[] = [];
      for (let step = 0; step < plan.steps; step++) {
        const batch = await threaded.at(step).catch((error: unknown) => {
          assert.ok(error instanceof M2atError, String(error));
          failed.push(error);
        });
        if (batch) assert.deepEqual(batch, await inline.at(step), `step ${step}`);
      }
      // Each image is in one batch of an epoch.
      assert.deepEqual(
        failed.map(({ code, where, what }) => [code, where, what]),
        [['data', file, `ends after ${39 * 192} bytes, ${40 * 192} are needed`]],
      );
    } finally {
      await threaded.dispose();
      await writeFile(file, bytes);
    }
  });
});

/** What a run leaves, but for its times. */
async function traces(root: string, { id, status, message }: RunRecord): Promise<object> {
  assert.equal(status, 'done', message);
  const folder = runDirectory(root, id);
  const { rows } = await readRun(root, id);
  // Which steps have a row depends on the time.
  const evaluations = rows.filter(({ kind }) => kind === 'evaluation');
  assert.equal(evaluations.length, 3);
  const timed = ['seconds', 'elapsedSeconds', 'imagesPerSecond'];
  const last = path.join(folder, 'checkpoints', 'last');
  const arrays = (await readdir(last)).filter((name) => name.endsWith('.bin')).sort();
  assert.ok(arrays.length >= 2, 'weights and velocities');
  const samples = (await readdir(path.join(folder, 'samples')))
    .filter((name) => name.endsWith('.png'))
    .sort();
  assert.ok(samples.length > 0);
  const bytesOf = (...file: string[]): Promise<string> => readFile(path.join(folder, ...file), 'base64');
  return {
    evaluations: JSON.stringify(evaluations, (key, value: unknown) => (timed.includes(key) ? 0 : value)),
    arrays: await Promise.all(arrays.map((name) => bytesOf('checkpoints', 'last', name))),
    samples: await Promise.all(samples.map((name) => bytesOf('samples', name))),
  };
}
