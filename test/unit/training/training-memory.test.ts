import assert from 'node:assert/strict';
import { readFile, readdir, rm } from 'node:fs/promises';
import path from 'node:path';
import * as tf from '@tensorflow/tfjs';
import type { Device } from '../../../src/core/engine/devices/device';
import { openDevice } from '../../../src/core/engine/devices/devices';
import { exitCodeOf, M2atError } from '../../../src/core/errors';
import { resolveExperiment } from '../../../src/core/experiment/resolve-experiment';
import { planTraining } from '../../../src/core/experiment/training-plan';
import { chooseMethod, chosenOptions } from '../../../src/core/methods/choose-method';
import { createModel } from '../../../src/core/models/networks/create-model';
import { modelParameters } from '../../../src/core/models/networks/model-schema';
import type { RunEvent } from '../../../src/core/records/run-event';
import { runDirectory } from '../../../src/core/records/run-paths';
import { builtIn } from '../../../src/core/registry/registry';
import { Trainer } from '../../../src/core/training/trainer';
import { trainingNeed } from '../../../src/core/training/training-memory';
import { trainRun, type TrainRunOptions } from '../../../src/core/training/train-run';
import { observed, temporaryRoot, tinyDataset, tinyExperiment } from './tiny-task';

describe('the memory of a training', () => {
  const dataset = tinyDataset(2048, 12);
  const experiment = (batchSize: number) =>
    tinyExperiment({
      model: { name: 'small-cnn', widths: [16, 16, 16, 16], hidden: 8 },
      training: { epochs: 1, batchSize, schedule: { name: 'piecewise', learningRate: 0.01 } },
      samples: { count: 0 },
    });
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

  const events: RunEvent[] = [];
  const train = (batchSize: number, megabytes: number, changes: Partial<TrainRunOptions> = {}) => {
    events.length = 0;
    return trainRun({
      experiment: experiment(batchSize),
      root,
      signal: new AbortController().signal,
      onEvent: (_, event) => events.push(event),
      resources: {
        dataset,
        device,
        freeMemory: () =>
          Promise.resolve({ bytes: megabytes * 1e6, bound: 'the limit of its control group' }),
      },
      ...changes,
    });
  };
  const logs = (): string[] =>
    events.flatMap((event) => (event.type === 'log' ? [`${event.level}: ${event.text}`] : []));

  it('is compared with what is free before anything is written; the largest batch that fits does', async function () {
    this.timeout(60_000);
    const tensors = tf.memory().numTensors;
    let caught: unknown;
    await train(2048, 190).catch((error: unknown) => (caught = error));
    assert.ok(
      caught instanceof M2atError && caught.code === 'memory' && exitCodeOf(caught) === 2,
      String(caught),
    );
    assert.equal(caught.where, 'training.batchSize');
    assert.match(
      caught.what,
      /^batches of 2048 need about \d+ MB more memory; 190 MB are free \(the limit of/,
    );
    const largest = Number(
      /The largest batch that fits is (\d+): set training\.batchSize/.exec(caught.hint ?? '')?.[1],
    );
    assert.match(caught.hint ?? '', /--ignore-memory .*m2at\.ignoreMemory/);
    assert.ok(largest >= 64 && largest < 2048 && largest % 8 === 0, caught.hint);
    assert.equal(tf.memory().numTensors, tensors);
    assert.deepEqual(await readdir(root), []);

    await assert.rejects(train(largest + 256, 190), /The largest batch that fits/);
    const record = await train(largest, 190);
    assert.equal(record.status, 'done');
    assert.ok(
      logs().some((line) => /^info: Memory: about [\d.]+ [MG]B at most.*190 MB are free/.test(line)),
      logs().join('\n'),
    );
  });

  it('may be ignored, and is then a warning', async function () {
    this.timeout(60_000);
    const record = await train(64, 1, { ignoreMemory: true });
    assert.equal(record.status, 'done');
    assert.ok(
      logs().some((line) => /^warn: Memory: .*may be ended/.test(line)),
      logs().join('\n'),
    );
    await assert.rejects(train(64, 1), /Not even the smallest batch fits/);
  });

  it('does not stop a run that is resumed from being there: its batch stays, and so does its record', async function () {
    this.timeout(60_000);
    const stop = new AbortController();
    const stopping = observed(device, (program, count) => {
      if (program === 'train-step' && count === 2) stop.abort();
    });
    const stopped = await train(64, 1e6, { signal: stop.signal, resources: { dataset, device: stopping } });
    assert.equal(stopped.status, 'stopped');
    const file = path.join(runDirectory(root, stopped.id), 'run.json');
    const before = await readFile(file, 'utf8');
    const resumed = train(64, 1, { resume: stopped.id });
    await assert.rejects(resumed, /A run keeps its batch size.*--ignore-memory/);
    assert.equal(await readFile(file, 'utf8'), before);
    assert.equal((await train(64, 1e6, { resume: stopped.id })).status, 'done');
  });

  it('has what a checkpoint is written from: the weights, and all that is kept beside', async () => {
    const planless: Device = {
      ...observed(device, () => undefined),
      planMemory: () => Promise.resolve({ parts: [new Map()], arrays: 0 }),
    };
    const needOf = async (changes: object): Promise<{ more: number; weights: number }> => {
      const asked = resolveExperiment(tinyExperiment({ samples: { count: 0 }, ...changes }));
      const { methods, attacks, options } = builtIn;
      const model = createModel(modelParameters.parse(asked.model), {
        ...{ inputShape: [8, 8, 3], classes: 3, seed: 1, normalization: dataset.normalization },
      });
      const method = chooseMethod(methods, asked.method, chosenOptions(options, asked.options));
      const setting = { ...{ attacks, model, dataset, method }, device: planless, experiment: asked };
      const trainer = await Trainer.create(setting, planTraining(asked, 2048));
      const need = await trainingNeed(trainer, setting, 8);
      const weights = model.countParams();
      await trainer.dispose();
      model.dispose();
      assert.ok(need);
      return { more: need.more, weights };
    };
    const [plain, averaged] = [await needOf({}), await needOf({ options: { ema: {} } })];
    assert.equal(
      averaged.more - plain.more,
      4 * plain.weights,
      'the network that is trained, beside its average',
    );
    const free = await needOf({ method: { name: 'free' } });
    assert.equal(free.more - plain.more, 4 * 8 * 8 * 8 * 3, 'a perturbation for each place of the batch');
  });

  it('is not planned on devices that compute elsewhere', async function () {
    this.timeout(60_000);
    // An observed device has the methods of one without a plan.
    const elsewhere = observed(device, () => undefined);
    assert.equal(elsewhere.planMemory, undefined);
    const resources = {
      dataset,
      device: elsewhere,
      freeMemory: () => Promise.resolve({ bytes: 1, bound: 'this machine' as const }),
    };
    assert.equal((await train(64, 0, { resources })).status, 'done');
    assert.ok(!logs().some((line) => line.includes('Memory:')));
  });
});
