import assert from 'node:assert/strict';
import { rm } from 'node:fs/promises';
import path from 'node:path';
import * as tf from '@tensorflow/tfjs';
import { attacks } from '../../../src/core/attacks';
import { openDevice } from '../../../src/core/engine/devices/devices';
import { float32 } from '../../../src/core/engine/arrays/nd-array';
import { resolveExperiment } from '../../../src/core/experiment/resolve-experiment';
import { planTraining } from '../../../src/core/experiment/training-plan';
import { chooseMethod } from '../../../src/core/methods/choose-method';
import type { DrawnBatch } from '../../../src/core/methods/method';
import { loadLayersModel } from '../../../src/core/models/layers-model/layers-model-file';
import { createModel } from '../../../src/core/models/networks/create-model';
import { modelParameters } from '../../../src/core/models/networks/model-schema';
import { runDirectory } from '../../../src/core/records/run-paths';
import type { RunRecord } from '../../../src/core/records/run-files';
import { builtIn } from '../../../src/core/registry/registry';
import { trainRun, type TrainRunOptions } from '../../../src/core/training/train-run';
import { TrainStep } from '../../../src/core/training/train-step';
import { Trainer } from '../../../src/core/training/trainer';
import { oracle } from '../attacks/devices';
import { observed, temporaryRoot, tinyDataset, tinyExperiment } from '../training/tiny-task';
import { CountingDevice } from './counting-device';

const EPSILON = 8 / 255;
const REPLAYS = 3;
/** Of the last replay of step 1 of 5: a third of its way to the peak, at two of them. */
const FIRST_RATE = (0.1 * (REPLAYS - 1)) / REPLAYS / 2;
const dataset = tinyDataset();
const experiment = resolveExperiment(
  tinyExperiment({
    method: { name: 'free', replays: REPLAYS },
    training: {
      ...{ epochs: 1, batchSize: 8, augment: { crop: 1 } },
      schedule: { name: 'cyclic', learningRate: 0.1 },
    },
    evaluation: { during: { count: 3, attacks: [] }, final: { count: 3, attacks: [] } },
    samples: { count: 0 },
  }),
);
const method = chooseMethod(builtIn.methods, experiment.method);

describe('free adversarial training', () => {
  it('begins a run that is resumed with the perturbation that the last batch left', async () => {
    const [root, device] = [await temporaryRoot(), await openDevice('onnx-cpu', { threads: 1 })];
    const train = (signal: AbortSignal, onEvent: TrainRunOptions['onEvent'], resume?: string) =>
      trainRun({
        ...{ experiment, root, signal, onEvent, resume, registry: builtIn },
        resources: { dataset, device },
      });
    const rates: number[] = [];
    const whole = await train(new AbortController().signal, (_, event) => {
      if (event.type === 'metric' && event.row.kind === 'step') rates.push(event.row.learningRate);
    });
    // The loss that is told is that of the last replay, and so is the rate: the first one would be 0 here.
    assert.ok(Math.abs((rates[0] ?? NaN) - FIRST_RATE) < 1e-9, String(rates[0]));
    const stop = new AbortController();
    const stopped = await train(stop.signal, (_, { type }) => {
      if (type === 'metric') stop.abort();
    });
    assert.deepEqual([stopped.status, stopped.progress?.step], ['stopped', 1]);
    const resumed = await train(new AbortController().signal, () => undefined, stopped.id);
    assert.deepEqual([whole.status, resumed.status], ['done', 'done']);
    assert.deepEqual(await weightsOf(root, resumed), await weightsOf(root, whole));
    await device.dispose();
    await rm(root, { recursive: true });
  });

  it('replays a batch, each time with a rate of its own', async () => {
    let runs = 0;
    const device = observed(await openDevice('onnx-cpu', { threads: 1 }), (program) => {
      if (program === 'train-step') runs++;
    });
    const before = tf.memory().numTensors;
    const [plan, model] = [planTraining(experiment, dataset.train.count), network()];
    const trainer = await Trainer.create({ attacks, device, model, dataset, experiment, method }, plan);
    await trainer.train(0, new AbortController().signal);
    assert.equal(runs, REPLAYS);
    // It rises linearly.
    const next = trainer.learningRate(1, 0);
    for (let replay = 0; replay <= REPLAYS; replay++) {
      assert.ok(Math.abs(trainer.learningRate(0, replay) - (next * replay) / REPLAYS) < 1e-9);
    }
    assert.equal(trainer.learningRate(0), trainer.learningRate(0, REPLAYS - 1));
    await trainer.dispose();
    model.dispose();
    assert.equal(tf.memory().numTensors, before);
    await device.dispose();
  });

  it('shows the perturbation that lives on, and has nothing else on the device', async () => {
    const device = new CountingDevice(oracle());
    const model = network();
    const pixels = Float32Array.from(dataset.train.images.subarray(0, 5 * 8 * 8 * 3), (value) => value / 255);
    const images = { images: float32(pixels, [5, 8, 8, 3]), labels: dataset.train.labels.slice(0, 5) };
    const bound = await method.create({ device, model, classes: 3, batchSize: 5 });
    const { signal } = new AbortController();
    const drawn = (epsilonShare?: number): DrawnBatch =>
      method.complete(
        { ...images, classes: 3, progress: 0, steps: 1, ...(epsilonShare && { epsilonShare }) },
        {},
      );
    const step = new TrainStep(device, model, { momentum: 0.9, nesterov: false, weightDecay: 0 }, bound);
    for (const share of [0.5, undefined]) {
      await step.run(await bound.prepare(drawn(share), signal), images.labels, 0.1);
      const { columns } = await bound.preview(drawn(), signal);
      assert.deepEqual(
        columns.map(({ key }) => key),
        ['x', 'delta', 'xAdv'],
      );
      const [x, delta, xAdv] = columns.map(({ data }) => data.data);
      assert.ok(x && delta && xAdv);
      const largest = Math.max(...delta.map(Math.abs));
      assert.ok(Math.abs(largest - (share ?? 1) * EPSILON) < 1e-6, String(largest));
      for (const [i, value] of x.entries()) {
        const clipped = Math.min(1, Math.max(0, value + (delta[i] ?? NaN)));
        assert.ok(Math.abs((xAdv[i] ?? NaN) - clipped) < 1e-6);
      }
    }
    assert.equal(device.live, 0);
    await step.dispose();
    await bound.dispose();
    model.dispose();
  });
});

function network(): tf.LayersModel {
  const { normalization } = dataset;
  return createModel(modelParameters.parse(experiment.model), {
    inputShape: [8, 8, 3],
    classes: 3,
    seed: 3,
    normalization,
  });
}

async function weightsOf(root: string, { id }: RunRecord): Promise<Float32Array[]> {
  const { model } = await loadLayersModel(path.join(runDirectory(root, id), 'checkpoints', 'last'));
  const values = model.weights.map((weight) => Float32Array.from(weight.read().dataSync()));
  model.dispose();
  return values;
}
