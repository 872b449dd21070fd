import assert from 'node:assert/strict';
import * as tf from '@tensorflow/tfjs';
import { decode } from 'fast-png';
import { access, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { DRAWS_VERSION } from '../../../src/core/attacks/base/image-streams';
import type { Device } from '../../../src/core/engine/devices/device';
import { openDevice } from '../../../src/core/engine/devices/devices';
import { M2atError } from '../../../src/core/errors';
import { experimentSchemas } from '../../../src/core/experiment/experiment-schema';
import { builtIn } from '../../../src/core/registry/registry';
import { loadLayersModel } from '../../../src/core/models/layers-model/layers-model-file';
import { wilsonInterval } from '../../../src/core/report/wilson-interval';
import { checkpointMetadata } from '../../../src/core/runs/checkpoint-store';
import { deviceRecordOf } from '../../../src/core/runs/device-reporter';
import { runEvent, type RunEvent } from '../../../src/core/records/run-event';
import type { RunRecord } from '../../../src/core/records/run-files';
import { listRuns, readExperiment, readRun, runDirectory } from '../../../src/core/runs/run-store';
import { withoutKeys } from '../../../src/core/without-keys';
import { trainRun, type TrainRunOptions } from '../../../src/core/training/train-run';
import { testDevices } from '../attacks/devices';
import { observed, temporaryRoot, tinyDataset, tinyExperiment } from './tiny-task';
import { evaluationsOf, weightsOf } from './written-run';

const dataset = tinyDataset();

/** In a step's attack, in a training step, in an evaluation's attack, and in the last step of all. */
const allStops = [
  ['pgd-steps', 4],
  ['train-step', 5],
  ['classify', 8],
  ['train-step', 10],
] as const;

for (const { name, open } of testDevices) {
  // TF.js's own kernels are slow.
  const stops = name === 'tfjs-cpu' ? allStops.slice(1, 2) : allStops;

  describe(`trainRun on ${name}`, () => {
    let root: string;
    let device: Device;
    before(async () => {
      device = await open();
    });
    after(() => device.dispose());
    beforeEach(async () => {
      root = await temporaryRoot();
    });
    afterEach(() => rm(root, { recursive: true }));

    const train = (changes: Partial<TrainRunOptions> = {}): Promise<RunRecord> =>
      trainRun({
        experiment: tinyExperiment(),
        root,
        signal: new AbortController().signal,
        onEvent: () => undefined,
        resources: { dataset, device },
        ...changes,
      });

    it('writes a run directory, and tells the same as events', async () => {
      const tensors = tf.memory().numTensors;
      const events: RunEvent[] = [];
      const record = await train({
        onEvent: (_, event) => events.push(runEvent.parse(event)),
        source: 'a.json',
      });
      assert.equal(tf.memory().numTensors, tensors);
      assert.equal(record.status, 'done');
      assert.match(record.id, /^\d{4}-\d\d-\d\d-\d{6}-tiny-[0-9a-f]{4}$/);
      const stored = await readRun(root, record.id);
      assert.deepEqual(stored.record, record);
      assert.deepEqual(await listRuns(root), [record]);
      assert.equal(record.device, device.name);
      assert.deepEqual(record.deviceDetails, deviceRecordOf(device));
      assert.deepEqual(record.progress, { step: 10, steps: 10, epoch: 2, epochs: 2 });

      const told = events.flatMap((event) => (event.type === 'metric' ? [event.row] : []));
      assert.deepEqual(stored.rows, told);
      const evaluations = told.filter((row) => row.kind === 'evaluation');
      assert.deepEqual(
        evaluations.map(({ step, final, count, attacks }) => [step, final, count, attacks.length]),
        [
          [5, false, 6, 1],
          [10, false, 6, 1],
          [10, true, 12, 2],
        ],
      );
      const last = evaluations.at(-1);
      assert.deepEqual(
        [record.cleanAccuracy, record.robustAccuracy],
        [last?.cleanAccuracy, last?.robustAccuracy],
      );
      const interval = wilsonInterval(last?.robustAccuracy ?? NaN, last?.count ?? 0);
      assert.ok(interval);
      assert.deepEqual(record.robustAccuracyInterval, interval);
      assert.deepEqual(last?.robustAccuracyInterval, interval);
      assert.deepEqual(record.cleanAccuracyInterval, last.cleanAccuracyInterval);
      const steps = told.flatMap((row) => (row.kind === 'step' ? [row] : []));
      assert.equal(steps[0]?.step, 1);
      // By the rows, training took the larger part of the time at most, and no negligible one.
      const trained = steps.reduce(
        (sum, { step, imagesPerSecond }, n) =>
          sum + (8 * (step - (steps[n - 1]?.step ?? 0))) / imagesPerSecond,
        0,
      );
      const whole = told.at(-1)?.elapsedSeconds ?? NaN;
      assert.ok(trained < whole && trained > whole / 200, `${trained} of ${whole} seconds`);
      const left = events.flatMap((event) =>
        event.type === 'progress' && event.progress.phase === 'train' ? [event.progress.secondsLeft] : [],
      );
      assert.equal(left[0], undefined, 'the first step compiles');
      assert.ok(left.slice(1).every((seconds) => seconds !== undefined && seconds > 0 && seconds < 600));

      const samples = events.flatMap((event) => (event.type === 'samples' ? [event.grid.step] : []));
      assert.deepEqual(samples, [0, 4, 8, 10]);
      assert.ok(stored.samples);
      const { grid, png } = stored.samples;
      assert.deepEqual(
        grid.columns.map(({ key }) => key),
        ['x', 'delta', 'mask', 'x1', 'x2', 'xMix'],
      );
      const { key, title, kind, ...heading } = grid.columns[3] ?? {};
      assert.deepEqual([key, title, kind], ['x1', 'x₁ = x + M·δ', 'image']);
      assert.deepEqual(heading, { symbol: 'x₁', name: 'inside M' });
      const picture = decode(png);
      assert.deepEqual([picture.width, picture.height], [6 * 8, 4 * 8]);
      for (const row of grid.rows) {
        assert.deepEqual(Object.keys(row.predictions), ['x', 'x1', 'x2', 'xMix']);
        assert.equal(row.label, dataset.train.labels[row.index]);
        const [lambda] = row.facts ?? [];
        assert.ok(lambda?.symbol === 'λ' && lambda.value !== null);
        assert.ok(lambda.value >= 0 && lambda.value <= 1);
      }
      const kinds = new Set(events.map(({ type }) => type));
      assert.ok(['record', 'progress', 'log'].every((type) => kinds.has(type as RunEvent['type'])));

      for (const which of ['last', 'best']) {
        const folder = path.join(runDirectory(root, record.id), 'checkpoints', which);
        const { model, metadata } = await loadLayersModel(folder);
        model.dispose();
        const state = checkpointMetadata.parse(metadata);
        assert.deepEqual(state.classNames, dataset.classNames);
        // The last one has the one before it beside it.
        assert.equal((await readdir(folder)).length, which === 'last' ? 6 : 3);
      }
    });

    it('a run that was stopped and resumed is the run that was not', async () => {
      const whole = await train();
      for (const [program, count] of stops) {
        const controller = new AbortController();
        const stopping = observed(device, (ran, n) => {
          if (ran === program && n === count) controller.abort();
        });
        const signal = controller.signal;
        const stopped = await train({ signal, resources: { dataset, device: stopping } });
        const where = `${program} ${count}`;
        assert.equal(stopped.status, 'stopped', where);
        assert.ok((stopped.progress?.step ?? 99) <= 10);
        const resumed = await train({ resume: stopped.id });
        assert.deepEqual([resumed.id, resumed.status], [stopped.id, 'done']);
        assert.deepEqual(await weightsOf(root, stopped.id), await weightsOf(root, whole.id), where);
        assert.deepEqual(await evaluationsOf(root, stopped.id), await evaluationsOf(root, whole.id), where);
      }
    });
  });
}

describe('trainRun', () => {
  let root: string;
  let device: Device;
  before(async () => {
    device = await openDevice('onnx-cpu', { threads: 1 });
  });
  after(() => device.dispose());
  beforeEach(async () => {
    root = await temporaryRoot();
  });
  afterEach(() => rm(root, { recursive: true }));

  const train = (changes: Partial<TrainRunOptions> = {}): Promise<RunRecord> =>
    trainRun({
      experiment: tinyExperiment(),
      root,
      signal: new AbortController().signal,
      onEvent: () => undefined,
      resources: { dataset, device },
      ...changes,
    });

  it('replays: the resolved experiment gives the same numbers', async () => {
    const first = await train();
    const second = await train({ experiment: await readExperiment(root, first.id) });
    assert.deepEqual(await weightsOf(root, second.id), await weightsOf(root, first.id));
    assert.deepEqual(await evaluationsOf(root, second.id), await evaluationsOf(root, first.id));
  });

  it('prepares batches itself, to the same numbers, where no thread can be started', async () => {
    const logs = async (id: string): Promise<string> =>
      readFile(path.join(runDirectory(root, id), 'log.txt'), 'utf8');
    const threaded = await train();
    assert.doesNotMatch(await logs(threaded.id), /prepared between the steps/);
    const batchThread = path.join(root, 'no-such.js');
    const inline = await train({ resources: { dataset, device, batchThread } });
    assert.match(await logs(inline.id), /warn .*prepared between the steps: .*no-such\.js/);
    assert.deepEqual(await weightsOf(root, inline.id), await weightsOf(root, threaded.id));
    assert.deepEqual(await evaluationsOf(root, inline.id), await evaluationsOf(root, threaded.id));
  });

  it('goes on from the last checkpoint when its process was killed', async () => {
    const whole = await train();
    // What a kill at step 8 leaves: the checkpoint of step 5, and rows beyond it, the last one torn.
    const controller = new AbortController();
    const stopAt5 = observed(device, (program, count) => {
      if (program === 'pgd-steps' && count > 8) controller.abort();
    });
    const { id } = await train({ signal: controller.signal, resources: { dataset, device: stopAt5 } });
    const folder = runDirectory(root, id);
    const { rows, record } = await readRun(root, id);
    assert.ok(rows.length > 0);
    const beyond = { ...rows[0], step: 8 };
    const lines = [...rows, beyond].map((row) => JSON.stringify(row)).join('\n');
    await writeFile(path.join(folder, 'metrics.jsonl'), `${lines}\n{"kind":"step","ste`);
    const running = withoutKeys(record, ['endedAt']);
    await writeFile(
      path.join(folder, 'run.json'),
      JSON.stringify({ ...running, status: 'running', pid: 2 ** 22 + 1 }),
    );
    const interrupted = (await readRun(root, id)).record;
    assert.equal(interrupted.status, 'stopped');
    assert.match(interrupted.message ?? '', /can be resumed/);
    for (const kind of ['json', 'png']) await writeFile(path.join(folder, 'samples', `999.${kind}`), 'stale');
    // Whichever is first.
    const both = await Promise.allSettled([train({ resume: id }), train({ resume: id })]);
    const refused = both.flatMap((one) => (one.status === 'rejected' ? [String(one.reason)] : []));
    assert.equal(refused.length, 1);
    assert.match(refused[0] ?? '', /being resumed already/);
    const [resumed] = both.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
    assert.ok(resumed);
    assert.equal(resumed.status, 'done');
    const names = await readdir(folder);
    assert.ok(!names.includes('resume.lock'));
    assert.deepEqual(
      (await readdir(path.join(folder, 'samples'))).filter((name) => name.startsWith('999')),
      [],
    );
    assert.deepEqual(await weightsOf(root, id), await weightsOf(root, whole.id));
    const steps = (await readRun(root, id)).rows
      .filter(({ kind }) => kind === 'step')
      .map(({ step }) => step);
    assert.equal(new Set(steps).size, steps.length, 'no step is there twice');
  });

  it('learns what standard training can learn', async () => {
    const training = { epochs: 12, batchSize: 8, schedule: { name: 'cyclic', learningRate: 0.1 } };
    const model = { name: 'small-cnn', widths: [8, 8, 8, 16], hidden: 16 };
    const experiment = tinyExperiment({
      method: { name: 'standard' },
      model,
      training,
      samples: { count: 0 },
    });
    const record = await train({ experiment });
    assert.ok((record.cleanAccuracy ?? 0) >= 0.9, `${record.cleanAccuracy ?? ''}`);
    await assert.rejects(access(path.join(runDirectory(root, record.id), 'samples')));
  });

  it('states every number of its attacks in the resolved experiment', async () => {
    const { id } = await train({ experiment: tinyExperiment({ training: { epochs: 1, batchSize: 40 } }) });
    const text = await readFile(path.join(runDirectory(root, id), 'experiment.json'), 'utf8');
    const { evaluation } = experimentSchemas(builtIn).run.parse(JSON.parse(text));
    const [pgd] = evaluation.during.attacks;
    assert.deepEqual(pgd, {
      name: 'pgd',
      norm: 'linf',
      epsilon: 8 / 255,
      stepSize: 2 / 255,
      steps: 2,
      randomStart: true,
      restarts: 1,
      momentum: 0,
      eotSamples: 1,
      loss: 'cross-entropy',
      targeted: false,
    });
  });

  it('ends as failed when the loss diverges, with the last good checkpoint', async () => {
    const schedule = { name: 'cyclic', learningRate: 1e30, peak: 0.9 };
    const experiment = tinyExperiment({ training: { epochs: 2, batchSize: 8, schedule } });
    experiment.evaluation.everyEpochs = 0.2;
    const record = await train({ experiment });
    assert.equal(record.status, 'failed');
    assert.match(record.message ?? '', /diverged (at|by) step \d+.*step \d is kept.*lower learning rate/);
    const { model, metadata } = await loadLayersModel(
      path.join(runDirectory(root, record.id), 'checkpoints', 'last'),
    );
    assert.ok(record.message?.includes(`of step ${checkpointMetadata.parse(metadata).step} is kept`));
    for (const weight of model.weights) assert.ok([...weight.read().dataSync()].every(Number.isFinite));
    model.dispose();
  });

  it('writes down what went wrong in the middle, and throws it', async () => {
    const broken = observed(device, (program, count) => {
      if (program === 'train-step' && count === 7) throw new M2atError('device', 'the device was lost');
    });
    const events: RunEvent[] = [];
    await assert.rejects(
      train({ resources: { dataset, device: broken }, onEvent: (_, event) => events.push(event) }),
      /the device was lost/,
    );
    const [record] = await listRuns(root);
    assert.equal(record?.status, 'failed');
    assert.match(record.message ?? '', /the device was lost/);
    assert.ok(record.endedAt);
    const lastRecord = events.filter((event) => event.type === 'record').at(-1);
    assert.deepEqual(lastRecord?.record, record);
    assert.match(
      await readFile(path.join(runDirectory(root, record.id), 'log.txt'), 'utf8'),
      /device was lost/,
    );
    const resumed = await train({ resume: record.id });
    assert.equal(resumed.status, 'done');
    assert.equal(resumed.message, undefined);
  });

  it('leaves no run behind for bad input', async () => {
    const missing = path.join(root, 'nowhere');
    const experiment = tinyExperiment({ dataset: { name: 'cifar10', folder: missing } });
    const events: RunEvent[] = [];
    const promise = train({
      experiment,
      resources: { device },
      onEvent: (_, event) => events.push(event),
    });
    await assert.rejects(promise, (error) => error instanceof M2atError && error.message.includes(missing));
    assert.deepEqual(await listRuns(root), []);
    assert.deepEqual(await readdir(root), []);
    assert.ok(events.some((event) => event.type === 'record' && event.record.status === 'failed'));
  });

  it('refuses a training whose only step would have a rate of 0, once it knows how many images there are', async () => {
    const schedule = { name: 'cyclic', learningRate: 0.1 };
    const experiment = tinyExperiment({ training: { epochs: 1, batchSize: 40, schedule } });
    await assert.rejects(
      train({ experiment }),
      (error) =>
        error instanceof M2atError &&
        error.code === 'bad-input' &&
        error.message.startsWith(
          'training.schedule: cyclic begins with a rate of 0, and this training has a single step',
        ),
    );
    assert.deepEqual(await readdir(root), []);
  });

  it('shows as many sample images as asked, also when a batch has fewer', async () => {
    const training = { epochs: 1, batchSize: 8, schedule: { name: 'cyclic', learningRate: 0.1 } };
    const samples = { count: 11, everySteps: 100 };
    const { id } = await train({ experiment: tinyExperiment({ training, samples }) });
    const grid = (await readRun(root, id)).samples?.grid;
    assert.ok(grid);
    assert.equal(grid.rows.length, 11);
    assert.equal(new Set(grid.rows.map(({ index }) => index)).size, 11);
    const lambdas = grid.rows.flatMap(({ facts = [] }) => facts.map(({ value }) => value));
    assert.equal(new Set(lambdas).size, 11, 'each batch draws its own numbers');
    for (const { index, label, predictions } of grid.rows) {
      assert.equal(label, dataset.train.labels[index]);
      assert.ok(Object.keys(predictions).length > 0);
    }
  });

  it('says why a root cannot be written to', async () => {
    await assert.rejects(
      train({ root: path.join(root, 'nowhere') }),
      (error) =>
        error instanceof M2atError && error.code === 'bad-input' && error.message.includes('does not exist'),
    );
    await writeFile(path.join(root, '.m2at'), 'a file');
    await assert.rejects(
      train(),
      (error) =>
        error instanceof M2atError && error.code === 'bad-input' && error.message.includes('is no folder'),
    );
  });

  it('refuses to resume what cannot be', async () => {
    const { id } = await train({ experiment: tinyExperiment({ training: { epochs: 1, batchSize: 40 } }) });
    await assert.rejects(train({ resume: id }), /is done/);
    await assert.rejects(train({ resume: '2020-01-01-000000-m2at-0000' }), /there is no run/);
    await assert.rejects(train({ resume: '../elsewhere' }), /is no name of a run/);
  });

  it('is not resumed by a version whose evaluations draw other numbers, where they draw any', async () => {
    const training = { epochs: 1, batchSize: 40 };
    for (const name of ['pgd', 'fgsm']) {
      const measured = { count: 8, attacks: [{ name }] };
      const experiment = tinyExperiment({ training, evaluation: { during: measured, final: measured } });
      const { draws, ...record } = await train({ experiment });
      assert.equal(draws, DRAWS_VERSION);
      const file = path.join(runDirectory(root, record.id), 'run.json');
      await writeFile(file, JSON.stringify({ ...record, status: 'stopped' }));
      const resumed = train({ experiment, resume: record.id });
      if (name === 'fgsm') assert.equal((await resumed).status, 'done');
      else await assert.rejects(resumed, /drew random numbers by rule 1.*\n.*Start a new run, or go on with/);
    }
  });

  it('says that a batch size is more than there are images to train on', async () => {
    const texts: string[] = [];
    await train({
      experiment: tinyExperiment({ training: { epochs: 1, batchSize: 41 } }),
      onEvent: (_, event) => {
        if (event.type === 'log' && event.level === 'warn') texts.push(event.text);
      },
    });
    assert.ok(
      texts.includes('The batch size 41 is more than the 40 training images: batches of 40 are used.'),
    );
  });
});
