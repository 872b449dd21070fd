import assert from 'node:assert/strict';
import * as tf from '@tensorflow/tfjs';
import { decode } from 'fast-png';
import { readdir, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { attackParameters } from '../../../src/core/attacks/attack-schema';
import type { Dataset } from '../../../src/core/data/dataset';
import type { Device } from '../../../src/core/engine/device';
import { openDevice } from '../../../src/core/engine/devices';
import { M2atError } from '../../../src/core/errors';
import { attackRun, type AttackRunOptions } from '../../../src/core/runs/attack-run';
import { datasetOf } from '../../../src/core/runs/checkpoint-data';
import { deviceRecordOf } from '../../../src/core/runs/device-reporter';
import { runEvent, type RunEvent } from '../../../src/core/runs/run-event';
import { attackReport } from '../../../src/core/runs/run-files';
import { listRuns, readRun, runDirectory } from '../../../src/core/runs/run-store';
import { trainRun } from '../../../src/core/training/train-run';
import { observed, temporaryRoot, tinyDataset, tinyExperiment } from '../training/tiny-task';

const attacks = [{ name: 'fgsm' }, { name: 'pgd', steps: 8, epsilon: 0.2, stepSize: 0.1 }].map((attack) =>
  attackParameters.parse(attack),
);

describe('attackRun', () => {
  const dataset = tinyDataset(40, 80);
  let trainingRoot: string;
  let checkpoint: string;
  let root: string;
  let device: Device;

  before(async () => {
    device = await openDevice('onnx-cpu', { threads: 1 });
    trainingRoot = await temporaryRoot();
    const training = { epochs: 12, batchSize: 8, schedule: { name: 'cyclic', learningRate: 0.1 } };
    const model = { name: 'small-cnn', widths: [8, 8, 8, 16], hidden: 16 };
    const experiment = tinyExperiment({
      method: { name: 'standard' },
      model,
      training,
      samples: { count: 0 },
    });
    const { id } = await trainRun({
      experiment,
      root: trainingRoot,
      signal: new AbortController().signal,
      onEvent: () => undefined,
      resources: { dataset, device },
    });
    checkpoint = path.join(runDirectory(trainingRoot, id), 'checkpoints', 'last');
  });
  after(async () => {
    await device.dispose();
    await rm(trainingRoot, { recursive: true });
  });
  beforeEach(async () => {
    root = await temporaryRoot();
  });
  afterEach(() => rm(root, { recursive: true }));

  const attack = (changes: Partial<AttackRunOptions> = {}): ReturnType<typeof attackRun> =>
    attackRun({
      checkpoint,
      attacks,
      count: 80,
      seed: 1,
      device: 'auto',
      threads: 1,
      root,
      signal: new AbortController().signal,
      onEvent: () => undefined,
      resources: { dataset, device },
      ...changes,
    });

  it('writes a report, a grid of examples, and tells the same as events', async () => {
    const tensors = tf.memory().numTensors;
    const events: RunEvent[] = [];
    const { record, report } = await attack({ onEvent: (_, event) => events.push(runEvent.parse(event)) });
    assert.equal(tf.memory().numTensors, tensors);
    assert.deepEqual([record.status, record.kind, record.name], ['done', 'attack', 'tiny']);
    assert.ok(record.source?.endsWith('model.json'));
    assert.deepEqual(attackReport.parse(report), report);
    assert.equal(report.device, device.name);
    assert.deepEqual(report.deviceDetails, deviceRecordOf(device));
    assert.deepEqual(record.deviceDetails, report.deviceDetails);
    const stored = await readRun(root, record.id);
    assert.deepEqual(stored.record, record);
    assert.deepEqual(stored.report, report);
    const reports = events.flatMap((event) => (event.type === 'report' ? [event.report] : []));
    assert.ok(reports.length >= 2, 'it fills while the attacks go on');
    assert.deepEqual(reports.at(-1), report);

    assert.ok(report.cleanAccuracy > 0.9);
    assert.equal(report.count, 80);
    for (const { images, robustAccuracy, parameters } of report.attacks) {
      assert.equal(images.length, 80);
      const robust = images.filter((image) => image.cleanPrediction === image.label && !image.broken);
      assert.equal(robustAccuracy, robust.length / 80);
      for (const image of images) {
        assert.ok('epsilon' in parameters && image.norm <= (parameters.epsilon ?? 0) + 1e-6);
        if (image.broken) assert.notEqual(image.adversarialPrediction, image.label);
      }
    }
    const [fgsm, pgd] = report.attacks;
    assert.ok(fgsm && pgd);
    assert.ok(pgd.robustAccuracy < fgsm.robustAccuracy);
    assert.ok(report.robustAccuracy <= pgd.robustAccuracy);

    assert.ok(stored.samples);
    const { grid, png } = stored.samples;
    assert.equal(grid.rows.length, 24);
    const broken = grid.rows.map((row) => row.predictions.xAdv?.label !== row.label);
    assert.deepEqual(
      broken,
      [...broken].sort((a, b) => Number(b) - Number(a)),
      'those that fool come first',
    );
    assert.ok(broken[0]);
    const picture = decode(png);
    assert.deepEqual([picture.width, picture.height], [3 * 8, 24 * 8]);
    assertPictureShows(dataset, grid.rows[0]?.index ?? 0, picture.data, 24);
  });

  it('the same seed gives the same report', async () => {
    const plain = async () => (await attack()).report.attacks.map((result) => ({ ...result, seconds: 0 }));
    assert.deepEqual(await plain(), await plain());
  });

  it('a cancelled attack keeps the report of what was done', async () => {
    const controller = new AbortController();
    const stopping = observed(device, (program, count) => {
      if (program === 'pgd-steps' && count === 1) controller.abort();
    });
    const { record, report } = await attack({
      signal: controller.signal,
      resources: { dataset, device: stopping },
    });
    assert.equal(record.status, 'stopped');
    assert.deepEqual(
      report.attacks.map(({ images }) => images.length),
      [80],
    );
    assert.deepEqual((await readRun(root, record.id)).report, report);
  });

  it('an attack that is stopped after its first batch says nothing of the images that it left', async () => {
    const controller = new AbortController();
    const texts: string[] = [];
    const { record, report } = await attack({
      attacks: attacks.slice(1),
      signal: controller.signal,
      onEvent: (_, event) => {
        if (event.type === 'log') texts.push(event.text);
        if (event.type === 'report') controller.abort();
      },
    });
    const [pgd] = report.attacks;
    assert.ok(pgd);
    const { images } = pgd;
    assert.ok(images.length < 80);
    assert.equal(report.count, images.length);
    const robust = images.filter((image) => image.cleanPrediction === image.label && !image.broken);
    assert.equal(report.robustAccuracy, robust.length / images.length);
    assert.equal(pgd.robustAccuracy, report.robustAccuracy);
    const covered = new RegExp(`stopped.* ${images.length} of 80 images, with 1 of 1 attacks`);
    assert.match(report.warnings[0] ?? '', covered);
    assert.match(texts.at(-1) ?? '', covered);
    assert.deepEqual(
      [record.status, record.robustAccuracy, record.cleanAccuracy],
      ['stopped', undefined, undefined],
    );
    assert.deepEqual((await readRun(root, record.id)).report, report);
  });

  it('leaves nothing behind for bad input', async () => {
    const wide: Dataset = { ...dataset, test: { ...dataset.test, width: 16, height: 4 } };
    const four: Dataset = { ...dataset, classNames: ['a', 'b', 'c', 'd'] };
    for (const [changes, message] of [
      [{ checkpoint: path.join(root, 'nowhere') }, /no model is there/],
      [{ resources: { dataset: wide, device } }, /takes images of 8 x 8 x 3.*4 x 16 x 3/],
      [{ resources: { dataset: four, device } }, /has 3 classes; cifar10 has 4/],
    ] as const) {
      await assert.rejects(
        attack(changes),
        (error) => error instanceof M2atError && error.code === 'checkpoint' && message.test(error.message),
      );
      assert.deepEqual(await listRuns(root), []);
    }
    assert.deepEqual(await readdir(root), []);
  });

  it('takes the data set from the run, the metadata, or cifar10', async () => {
    const loaded = { model: tf.sequential(), modelFile: path.join(root, 'x', 'y', 'model.json') };
    assert.deepEqual(await datasetOf({ ...loaded, metadata: {} }), {
      name: 'cifar10',
      trainCount: 1,
      testCount: 10_000,
    });
    await assert.rejects(
      datasetOf({ ...loaded, metadata: { dataset: 'svhn' } }),
      /"svhn", which is not known/,
    );
    const run = path.resolve(root, 'x', 'y', '..', '..');
    const experiment = tinyExperiment({ dataset: { name: 'cifar10', folder: '/somewhere' } });
    await writeFile(path.join(run, 'experiment.json'), JSON.stringify(experiment));
    assert.equal((await datasetOf({ ...loaded, metadata: {} })).folder, '/somewhere');
  });
});

/** The first tile is the clean image, byte for byte. */
function assertPictureShows(dataset: Dataset, index: number, pixels: ArrayLike<number>, width: number): void {
  const { images } = dataset.test;
  for (let y = 0; y < 8; y++) {
    for (let x = 0; x < 8 * 3; x++) {
      assert.equal(pixels[y * width * 3 + x], images[(index * 8 + y) * 24 + x]);
    }
  }
}
