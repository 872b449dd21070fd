import assert from 'node:assert/strict';
import { rm } from 'node:fs/promises';
import path from 'node:path';
import type { Device } from '../../../src/core/engine/devices/device';
import { openDevice } from '../../../src/core/engine/devices/devices';
import type { RunRecord } from '../../../src/core/records/run-files';
import { readRun, runDirectory } from '../../../src/core/runs/run-store';
import { loadTrainingCheckpoint } from '../../../src/core/runs/checkpoint-store';
import { divergenceMessage, LossWatch, type Divergence } from '../../../src/core/training/divergence';
import { trainRun } from '../../../src/core/training/train-run';
import { temporaryRoot, tinyDataset, tinyExperiment } from './tiny-task';

const dataset = tinyDataset();

describe('a run that diverges', () => {
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

  const train = (
    training: object,
    everyEpochs = 1,
    method: object = { name: 'standard' },
  ): Promise<RunRecord> => {
    const experiment = tinyExperiment({
      method,
      training: { epochs: 1, batchSize: 10, ...training },
      samples: { count: 0 },
    });
    experiment.evaluation.everyEpochs = everyEpochs;
    return trainRun({
      experiment,
      root,
      signal: new AbortController().signal,
      onEvent: () => undefined,
      resources: { dataset, device },
    });
  };

  it('says at which of its steps it began, and at which rate', async () => {
    const schedule = { name: 'piecewise', learningRate: 1e9, milestones: [0.25], factor: 1e-9 };
    const { status, message = '', progress } = await train({ schedule });
    assert.equal(status, 'failed');
    assert.equal(progress?.steps, 4);
    assert.match(
      message,
      /^Training diverged at step 1: its update, with a learning rate of 1e\+9, took the loss from 1\.\d+ to .*Try a lower learning rate \(it is 1e\+9 here\)/,
    );
  });

  it('blames the updates of a step that is replayed before its loss is told', async () => {
    const schedule = { name: 'piecewise', learningRate: 1e12, milestones: [] };
    const { message } = await train({ batchSize: 40, schedule, weightDecay: 0 }, 1, {
      name: 'free',
      replays: 4,
    });
    assert.match(
      message ?? '',
      /^Training diverged at step 1: the loss of step 1 is (NaN|-?Infinity), after updates of that step with a learning rate of 1e\+12\. .*Try a lower learning rate/,
    );
  });

  it('names the first update that leaves a weight that is not finite', async () => {
    const schedule = { name: 'piecewise', learningRate: 1e30 };
    const { message } = await train({ batchSize: 40, schedule, weightDecay: 1e12 });
    assert.match(
      message ?? '',
      /^Training diverged at step 1: its update, with a learning rate of 1e\+30, left weights that are not finite\./,
    );
  });

  it('blames a weight decay that makes weights grow, and not the learning rate', async () => {
    const schedule = { name: 'piecewise', learningRate: 0.1 };
    const { message } = await train({ epochs: 20, schedule, weightDecay: 1000 });
    assert.match(
      message ?? '',
      /Try a lower training\.weightDecay \(it is 1000\): the learning rate times training\.weightDecay is 100, and above 3\.8 weight decay alone makes the weights grow\.$/,
    );
    assert.doesNotMatch(message ?? '', /lower learning rate/);
  });

  it('takes an evaluation whose loss is not finite for one, and keeps its numbers out of the record', async () => {
    const schedule = { name: 'piecewise', learningRate: 1e12 };
    const { id, status, message, cleanAccuracy } = await train({ batchSize: 40, schedule });
    assert.equal(status, 'failed');
    assert.match(
      message ?? '',
      /^Training diverged by step 1: the loss of the evaluation after step 1 is (NaN|Infinity), after an update with a learning rate of 1e\+12\. There is no checkpoint yet\. Try a lower learning rate/,
    );
    assert.equal(cleanAccuracy, undefined);
    assert.deepEqual(
      (await readRun(root, id)).rows.filter(({ kind }) => kind === 'evaluation'),
      [],
    );
  });

  it('keeps the checkpoint from before', async () => {
    const schedule = { name: 'cyclic', learningRate: 1e30, peak: 0.9 };
    const { id, message = '' } = await train({ epochs: 2, schedule }, 0.25);
    const checkpoint = await loadTrainingCheckpoint(path.join(runDirectory(root, id), 'checkpoints', 'last'));
    assert.ok(checkpoint);
    assert.ok(message.includes(`The checkpoint of step ${checkpoint.state.step} is kept.`), message);
    for (const weight of checkpoint.model.getWeights()) {
      assert.ok([...weight.dataSync()].every(Number.isFinite));
    }
    checkpoint.model.dispose();
  });
});

describe('divergenceMessage', () => {
  const divergence: Divergence = {
    sign: { kind: 'loss', loss: NaN },
    step: 7,
    rateOf: (step) => (step === 6 ? 1000 : 1),
    training: { momentum: 0.9, nesterov: false, weightDecay: 5e-4 },
    keptStep: 5,
  };
  const message = (changes: Partial<Divergence>): string => divergenceMessage({ ...divergence, ...changes });

  it('names the rate of the update before a loss that is not finite', () => {
    assert.equal(
      message({}),
      'Training diverged at step 7: the loss of step 7 is NaN, after the update of step 6 with a learning rate of ' +
        '1000. The checkpoint of step 5 is kept. Try a lower learning rate (it is 1000 here).',
    );
  });

  it('names the step and the rate from which on the loss rose, where it did', () => {
    const watch = new LossWatch();
    // One high loss is noise; what counts is a rise without a return.
    for (const [at, loss] of [2.3, 1.1, 90, 1.2, 31, 1e9, 1e20].entries()) watch.next(at + 1, loss);
    const rise = watch.rise;
    assert.deepEqual(rise, { step: 4, from: 1.2, to: 31 });
    const rateOf = (step: number): number => (step <= 4 ? 1000 : 10);
    assert.equal(
      message({ sign: { kind: 'weight' }, rise, rateOf }),
      'Training diverged at step 4: its update, with a learning rate of 1000, took the loss from 1.2 to 31, and after ' +
        'step 7 weights are not finite. The checkpoint of step 5 is kept. Try a lower learning rate (it is 1000 here).',
    );
  });

  it('finds a rise within the step whose batch was replayed', () => {
    const watch = new LossWatch(true);
    for (const [at, loss] of [2.3, 1.2, 31, 1e9].entries()) watch.next(at + 1, loss);
    assert.deepEqual(watch.rise, { step: 3, from: 1.2, to: 31 });
  });

  it('blames no rate where nothing was updated yet', () => {
    assert.equal(
      message({ step: 1, keptStep: undefined }),
      'Training diverged at step 1: the loss of step 1 is NaN, before any update. There is no checkpoint yet. ' +
        'No learning rate caused that: look at the data and at the network.',
    );
  });

  it('knows from which weight decay on weights grow', () => {
    const sign = { kind: 'weight' } as const;
    const advice = (rate: number, training: Partial<Divergence['training']>): string =>
      message({ sign, rateOf: () => rate, training: { ...divergence.training, ...training } });
    for (const [momentum, nesterov, limit] of [
      [0, false, 2],
      [0.9, false, 3.8],
      [0.9, true, 1.357],
    ] as const) {
      const blamed = grows(momentum, nesterov, limit * 1.01);
      assert.deepEqual([blamed, grows(momentum, nesterov, limit * 0.99)], [true, false]);
      const above = advice(0.1, { momentum, nesterov, weightDecay: limit * 10.1 });
      assert.match(above, /Try a lower training\.weightDecay/);
      const below = advice(0.1, { momentum, nesterov, weightDecay: limit * 9.9 });
      assert.match(below, /Try a lower learning rate \(it is 0\.1 here\)\.$/);
    }
    assert.match(
      advice(1000, { weightDecay: 0.005 }),
      /Try a lower learning rate \(it is 1000 here\): .* is 5,/,
    );
    assert.match(advice(0.1, { momentum: 1 }), /momentum of 1/);
  });
});

/** Whether the optimizer's rule, without a gradient, makes a weight grow: by doing it. */
function grows(m: number, nesterov: boolean, decay: number): boolean {
  let [w, v] = [1, 0];
  for (let step = 0; step < 5000; step++) {
    const g = decay * w;
    v = m * v + g;
    w -= nesterov ? g + m * v : v;
  }
  return !(Math.abs(w) < 1);
}
