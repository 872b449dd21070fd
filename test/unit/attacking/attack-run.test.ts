import assert from 'node:assert/strict';
import * as tf from '@tensorflow/tfjs';
import { decode } from 'fast-png';
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { perturbationNorm } from '../../../src/core/attacks/base/perturbation';
import { gatherImages } from '../../../src/core/data/batch';
import type { Dataset } from '../../../src/core/data/dataset';
import { encodeNpyHeader, encodeNpyLabels, npyValues } from '../../../src/core/data/npy';
import { readNpy } from '../../../src/core/data/npy-file';
import type { Device } from '../../../src/core/engine/devices/device';
import { openDevice } from '../../../src/core/engine/devices/devices';
import { M2atError } from '../../../src/core/errors';
import { encodeLayersModel } from '../../../src/core/models/layers-model/layers-model-file';
import { wilsonInterval } from '../../../src/core/report/wilson-interval';
import { resumeAttack, type ResumeAttackOptions } from '../../../src/core/attacking/attack-resume';
import { attackRun, type AttackRunOptions } from '../../../src/core/attacking/attack-run';
import { memoryImages } from '../../../src/core/data/memory-images';
import { datasets } from '../../../src/core/data/sets';
import { datasetOf } from '../../../src/core/runs/checkpoint-data';
import { deviceRecordOf } from '../../../src/core/runs/device-reporter';
import { runEvent, type RunEvent } from '../../../src/core/records/run-event';
import { attackReport, type AttackReport } from '../../../src/core/records/run-files';
import { listRuns, readRun, runDirectory } from '../../../src/core/runs/run-store';
import { observed, temporaryRoot, tinyDataset, tinyExperiment } from '../training/tiny-task';
import { trainTinyCheckpoint } from '../runs/tiny-checkpoint';
import { changeRecord } from '../../support/run-json';
import { requested } from '../attacks/named';

const attacks = [{ name: 'fgsm' }, { name: 'pgd', steps: 8, epsilon: 0.2, stepSize: 0.1 }].map((attack) =>
  requested(attack),
);

describe('attackRun', () => {
  const dataset = tinyDataset(40, 80);
  let trainingRoot: string;
  let checkpoint: string;
  let root: string;
  let device: Device;

  before(async function () {
    this.timeout(120_000);
    device = await openDevice('onnx-cpu', { threads: 1 });
    trainingRoot = await temporaryRoot();
    checkpoint = await trainTinyCheckpoint(trainingRoot, { dataset, device });
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

  const resume = (id: string, changes: Partial<ResumeAttackOptions> = {}): ReturnType<typeof resumeAttack> =>
    resumeAttack({
      id,
      root,
      signal: new AbortController().signal,
      onEvent: () => undefined,
      resources: { dataset, device },
      ...changes,
    });

  it('writes a report, pictures of examples, and tells the same as events', async () => {
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
    assert.deepEqual(record.robustAccuracyInterval, wilsonInterval(report.robustAccuracy, report.count));
    assert.deepEqual(record.cleanAccuracyInterval, report.cleanAccuracyInterval);
    const stored = await readRun(root, record.id);
    assert.deepEqual(stored.record, record);
    assert.deepEqual(stored.report, report);
    const reports = events.flatMap((event) => (event.type === 'report' ? [event.report] : []));
    assert.deepEqual([reports[0]?.attacks, reports[0]?.cleanAccuracy], [[], report.cleanAccuracy]);
    assert.ok(reports.length >= 3, 'clean comes first, and it fills while the attacks go on');
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

    assert.equal(stored.samples, undefined);
    const gallery = stored.galleries?.at(-1);
    assert.ok(gallery);
    const { grid, png } = gallery;
    const broken = grid.rows.map((row) => row.predictions.xAdv?.label !== row.label);
    assert.deepEqual(
      broken,
      [...broken].sort((a, b) => Number(b) - Number(a)),
      'those that fool come first',
    );
    assert.ok(broken[0]);
    const picture = decode(png);
    assert.deepEqual([picture.width, picture.height], [3 * 8, grid.rows.length * 8]);
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
        if (event.type === 'report' && event.report.attacks.length > 0) controller.abort();
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
    assert.ok(texts.some((text) => covered.test(text)));
    assert.deepEqual(
      [record.status, record.robustAccuracy, record.cleanAccuracy],
      ['stopped', undefined, undefined],
    );
    assert.deepEqual((await readRun(root, record.id)).report, report);
  });

  const plain = ({ attacks: outcomes, ...report }: AttackReport) => ({
    ...report,
    attacks: outcomes.map((outcome) => ({ ...outcome, seconds: 0 })),
  });
  const adversarialBytes = (id: string): Promise<Buffer> =>
    readFile(path.join(runDirectory(root, id), 'adversarial', '0-ensemble.npy'));
  const ensemble = {
    ensemble: true,
    batchSize: 16,
    attacks: [
      requested({ name: 'fgsm', epsilon: 0.08 }),
      requested({ name: 'pgd', epsilon: 0.1, stepSize: 0.03, steps: 8 }),
    ],
  };

  it('keeps the adversarial images as float32, as they were counted', async () => {
    const { record, report } = await attack(ensemble);
    assert.deepEqual(
      report.groups?.map(({ ensemble: is, adversarial }) => [is, adversarial]),
      [[true, 'adversarial/0-ensemble.npy']],
    );
    const file = path.join(runDirectory(root, record.id), 'adversarial', '0-ensemble.npy');
    const { header, data } = await readNpy(file, () => undefined);
    assert.deepEqual([header.type, header.shape], ['<f4', [80, 8, 8, 3]]);
    const stored = new Float32Array(data.buffer);
    const last = report.attacks.at(-1)?.images ?? [];
    assert.ok(last.some(({ broken }) => broken) && last.some(({ broken }) => !broken));
    for (const [n, { broken, norm, index }] of last.entries()) {
      const adversarial = stored.subarray(n * 192, (n + 1) * 192);
      const { data: clean } = await gatherImages(dataset.test, [index]);
      assert.equal(perturbationNorm(clean, adversarial, 'linf'), broken ? norm : 0);
      assert.ok(adversarial.every((value) => value >= 0 && value <= 1));
    }
  });

  it('keeps the labels beside the adversarial images', async () => {
    const { record } = await attack({ ...ensemble, count: undefined, indices: [7, 2, 79, 4] });
    const file = path.join(runDirectory(root, record.id), 'adversarial', 'labels.npy');
    const { header, data } = await readNpy(file, () => undefined);
    assert.deepEqual([header.type, header.shape], ['<i8', [4]]);
    const labels = [7, 2, 79, 4].map((index) => dataset.test.labels[index]);
    assert.deepEqual([...npyValues(header, data)], labels);
  });

  it('counts the examples that survive rounding to 8 bits', async () => {
    const { report } = await attack(ensemble);
    for (const { images, survivesRounding } of report.attacks) {
      const own = images.filter(({ broken, carriedFrom }) => broken && carriedFrom === undefined);
      assert.ok(own.length > 0);
      const count = own.filter((image) => image.survivesRounding).length;
      assert.deepEqual(survivesRounding, { count, of: own.length });
    }
  });

  it('with 8 bits keeps images on the grid, and says so', async () => {
    const { record, report } = await attack({ ...ensemble, eightBit: true });
    assert.equal(report.eightBit, true);
    const file = path.join(runDirectory(root, record.id), 'adversarial', '0-ensemble.npy');
    const { data } = await readNpy(file, () => undefined);
    for (const value of new Float32Array(data.buffer)) {
      assert.equal(value, Math.fround(Math.round(255 * value) / 255));
    }
    for (const { survivesRounding } of report.attacks) {
      assert.ok(survivesRounding && survivesRounding.count === survivesRounding.of);
    }
    assert.equal((await attack(ensemble)).report.eightBit, undefined);
    const images = Float32Array.from(dataset.test.images, (value) => (value + 0.5) / 256);
    const arrays = { images: path.join(root, 'x.npy'), labels: path.join(root, 'y.npy') };
    const bytes = Buffer.from(images.buffer);
    await writeFile(arrays.images, Buffer.concat([encodeNpyHeader('<f4', [80, 8, 8, 3]), bytes]));
    await writeFile(arrays.labels, encodeNpyLabels(dataset.test.labels));
    const off = await attack({ ...ensemble, eightBit: true, arrays, resources: { device } });
    assert.match(off.report.warnings.join(), /80 of 80 clean images have values that 8 bits can't hold/);
    const kept = await readFile(
      path.join(runDirectory(root, off.record.id), 'adversarial', '0-ensemble.npy'),
    );
    for (let at = 128; at < kept.length; at += 4) {
      const value = kept.readFloatLE(at);
      assert.equal(value, Math.fround(Math.round(255 * value) / 255));
    }
  });

  it('goes on where it was stopped, to the same report and the same bytes', async () => {
    for (const [program, count, eightBit] of [
      ['fgsm', 3, false],
      ['pgd-steps', 2, true],
    ] as const) {
      const whole = await attack({ ...ensemble, eightBit });
      const bytes = await adversarialBytes(whole.record.id);
      const controller = new AbortController();
      const stopping = observed(device, (name, run) => {
        if (name === program && run === count) controller.abort();
      });
      const stopped = await attack({
        ...ensemble,
        eightBit,
        signal: controller.signal,
        resources: { dataset, device: stopping },
      });
      assert.equal(stopped.record.status, 'stopped');
      const { id } = stopped.record;
      const runs = new Map<string, number>();
      const counting = observed(device, (name, run) => runs.set(name, run));
      const resumed = await resume(id, { resources: { dataset, device: counting } });
      assert.equal(resumed.record.status, 'done');
      assert.equal(resumed.record.robustAccuracy, whole.report.robustAccuracy);
      assert.deepEqual(plain(resumed.report), plain(whole.report));
      assert.deepEqual(await adversarialBytes(id), bytes);
      assert.deepEqual((await readRun(root, id)).galleries, (await readRun(root, whole.record.id)).galleries);
      if (program === 'pgd-steps')
        assert.equal(runs.get('fgsm'), undefined, 'what was done is not done again');
    }
  });

  it('does again what is damaged, and refuses to go on with something else', async () => {
    const whole = await attack(ensemble);
    const { id } = whole.record;
    const folder = runDirectory(root, id);
    await assert.rejects(resume(id), /is done/);
    const reopen = (changes = {}): Promise<void> => changeRecord(folder, { status: 'stopped', ...changes });
    const bytes = await adversarialBytes(id);
    const state = path.join(folder, 'attack-state.jsonl');

    await reopen();
    const text = await readFile(state, 'utf8');
    await writeFile(state, text.slice(0, Math.floor(text.length * 0.7)));
    assert.deepEqual(plain((await resume(id)).report), plain(whole.report));

    await reopen();
    const first = whole.report.attacks.at(-1)?.images.findIndex(({ broken }) => broken) ?? 0;
    const damaged = Buffer.from(bytes);
    damaged.fill(0, 128 + first * 192 * 4, 128 + first * 192 * 4 + 64);
    await writeFile(path.join(folder, 'adversarial', '0-ensemble.npy'), damaged);
    assert.deepEqual(plain((await resume(id)).report), plain(whole.report));
    assert.deepEqual(await adversarialBytes(id), bytes);

    // Another digit in a number of the journal, and another pixel of an image that no attack has broken.
    await reopen();
    const journal = await readFile(state, 'utf8');
    await writeFile(state, journal.replace(/"norm":0\.\d/, '"norm":0.9'));
    const untouched = whole.report.attacks.at(-1)?.images.findIndex(({ broken }) => !broken) ?? -1;
    assert.ok(untouched >= 0);
    const other = Buffer.from(bytes);
    other.writeUInt8(other.readUInt8(128 + untouched * 192 * 4) ^ 1, 128 + untouched * 192 * 4);
    await writeFile(path.join(folder, 'adversarial', '0-ensemble.npy'), other);
    assert.deepEqual(plain((await resume(id)).report), plain(whole.report));
    assert.deepEqual(await adversarialBytes(id), bytes);

    await reopen();
    const inverted = memoryImages({
      ...dataset.test,
      images: dataset.test.images.map((value) => 255 - value),
    });
    await assert.rejects(
      resume(id, { resources: { dataset: { ...dataset, test: inverted }, device } }),
      /not those that the run began with/,
    );
    await writeFile(path.join(folder, 'attack.json'), '{"version": 1}');
    await reopen();
    await assert.rejects(resume(id), /attack\.json: is not as the run wrote it/);
    await reopen({ checksums: undefined });
    await assert.rejects(resume(id), /attack\.json: is damaged/);
    await assert.rejects(resume('2026-01-01-000000-attack-0000'), /there is no run/);
  });

  it('takes images from arrays and resumes with them; chooses images by count, seed and list', async () => {
    const files = { images: path.join(root, 'x.npy'), labels: path.join(root, 'y.npy') };
    const { images, labels } = dataset.test;
    await writeFile(files.images, Buffer.concat([encodeNpyHeader('|u1', [80, 8, 8, 3]), images]));
    await writeFile(files.labels, Buffer.concat([encodeNpyHeader('|u1', [80]), Uint8Array.from(labels)]));
    const indicesOf = ({ report }: { report: AttackReport }) =>
      report.attacks[0]?.images.map(({ index }) => index);
    const few = { attacks: attacks.slice(0, 1), arrays: files, resources: { device } };
    const whole = await attack({ ...few, count: undefined });
    assert.equal(whole.report.count, 80);
    const byName = await attack({ attacks: attacks.slice(0, 1) });
    assert.deepEqual(whole.report.attacks[0]?.images, byName.report.attacks[0]?.images);
    assert.deepEqual(indicesOf(await attack({ ...few, count: 3 })), [0, 1, 2]);
    const drawn = indicesOf(await attack({ ...few, count: 5, shuffle: true, seed: 9 }));
    assert.equal(new Set(drawn).size, 5);
    assert.notDeepEqual(drawn, [0, 1, 2, 3, 4]);
    assert.deepEqual(drawn, indicesOf(await attack({ ...few, count: 5, shuffle: true, seed: 9 })));
    assert.deepEqual(indicesOf(await attack({ ...few, count: undefined, indices: [7, 2, 79] })), [7, 2, 79]);

    const controller = new AbortController();
    const two = { ...few, ...ensemble };
    const complete = await attack(two);
    const stopped = await attack({
      ...two,
      signal: controller.signal,
      onEvent: (_, event) => {
        if (event.type === 'report' && event.report.attacks.length > 0) controller.abort();
      },
    });
    assert.equal(stopped.record.status, 'stopped');
    const { report } = await resume(stopped.record.id, { resources: { device } });
    assert.deepEqual(plain(report), plain(complete.report));
  });

  it('answers what makes no sense with one message, before anything is written', async () => {
    for (const [changes, message] of [
      [{ attacks: [requested({ name: 'fgsm', epsilon: 0 })] }, /epsilon: is 0/],
      [{ attacks: [requested({ name: 'autoattack', epsilon: 8 })] }, /epsilon: is 8: for linf/],
      [{ attacks: [] }, /no attack was asked for/],
      [{ indices: [] }, /the list is empty/],
      [{ indices: [80] }, /indices\[0\]: is 80; there are the images 0 to 79/],
      [{ indices: [4, 4] }, /indices\[1\]: 4 is there twice/],
      [{ arrays: { images: 'a.npy', labels: 'b.npy' } }, /a\.npy: the file is missing/],
    ] as const) {
      await assert.rejects(
        attack(changes),
        (error) => error instanceof M2atError && message.test(error.message),
      );
      assert.deepEqual(await listRuns(root), []);
    }
  });

  it('says that the outputs of a network are no numbers', async () => {
    const huge = tf.sequential({
      layers: [
        tf.layers.flatten({ inputShape: [8, 8, 3] }),
        tf.layers.dense({ units: 3, kernelInitializer: tf.initializers.constant({ value: 3e38 }) }),
        tf.layers.dense({ units: 3, kernelInitializer: tf.initializers.constant({ value: -3e38 }) }),
        tf.layers.dense({ units: 3, kernelInitializer: 'ones' }),
      ],
    });
    const folder = path.join(root, 'huge');
    await mkdir(folder);
    const { modelJson, weights } = encodeLayersModel(huge, { weightsFile: 'w.bin', metadata: {} });
    await writeFile(path.join(folder, 'model.json'), modelJson);
    await writeFile(path.join(folder, 'w.bin'), weights);
    huge.dispose();
    const { record, report } = await attack({ checkpoint: folder });
    assert.deepEqual([record.status, report.cleanAccuracy], ['done', 0]);
    assert.ok(
      report.warnings.some((text) => text.includes('for 80 of 80 clean images are no numbers (NaN)')),
    );
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
    const loaded = { modelFile: path.join(root, 'x', 'y', 'model.json') };
    assert.deepEqual(await datasetOf(datasets, { ...loaded, metadata: {} }), {
      name: 'cifar10',
      trainCount: 1,
      testCount: 10_000,
    });
    await assert.rejects(
      datasetOf(datasets, { ...loaded, metadata: { dataset: 'imagenet' } }),
      /"imagenet", which is not known/,
    );
    const run = path.resolve(root, 'x', 'y', '..', '..');
    const experiment = tinyExperiment({ dataset: { name: 'cifar10', folder: '/somewhere' } });
    await writeFile(path.join(run, 'experiment.json'), JSON.stringify(experiment));
    assert.equal((await datasetOf(datasets, { ...loaded, metadata: {} })).folder, '/somewhere');
  });
});

/** The first tile is the clean image, byte for byte. */
function assertPictureShows(
  { test: { images } }: ReturnType<typeof tinyDataset>,
  index: number,
  pixels: ArrayLike<number>,
  width: number,
): void {
  for (let y = 0; y < 8; y++) {
    for (let x = 0; x < 8 * 3; x++) {
      assert.equal(pixels[y * width * 3 + x], images[(index * 8 + y) * 24 + x]);
    }
  }
}
