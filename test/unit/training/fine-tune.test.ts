import assert from 'node:assert/strict';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import * as tf from '@tensorflow/tfjs';
import * as z from 'zod';
import { logitsOf } from '../../../src/core/models/input/prepare-input';
import { findInputSpec } from '../../../src/core/models/input/input-spec';
import { float32 } from '../../../src/core/engine/arrays/nd-array';
import type { Device } from '../../../src/core/engine/devices/device';
import { openDevice } from '../../../src/core/engine/devices/devices';
import { M2atError } from '../../../src/core/errors';
import { asImportedModel } from '../../../src/core/models/layers-model/import-layers-model';
import {
  encodeLayersModel,
  loadLayersModel,
  type LoadedModel,
} from '../../../src/core/models/layers-model/layers-model-file';
import type { RunRecord } from '../../../src/core/records/run-files';
import { runDirectory } from '../../../src/core/runs/run-store';
import { startNetwork } from '../../../src/core/training/start-network';
import { trainRun, type TrainRunOptions } from '../../../src/core/training/train-run';
import { TrainStep } from '../../../src/core/training/train-step';
import { testDevices } from '../attacks/devices';
import { root as repository } from '../../support/root';
import { observed, temporaryRoot, tinyDataset, tinyExperiment } from './tiny-task';

const numbers = z.array(z.number());
const vectorSchema = z.object({
  mean: numbers,
  std: numbers,
  learningRate: z.number(),
  momentum: z.number(),
  weightDecay: z.number(),
  images: numbers,
  labels: numbers,
  weights: z.record(z.string(), numbers),
  losses: numbers,
  logitsBefore: numbers,
  logitsAfter: numbers,
  after: z.record(z.string(), numbers),
});

/** The network of make_fine_tune.py, as Keras would write it: it takes 0 to 255 and ends in a softmax. */
function kerasLike(weights: Record<string, number[]>): tf.LayersModel {
  const model = tf.sequential({
    layers: [
      tf.layers.conv2d({ inputShape: [8, 8, 3], filters: 4, kernelSize: 3, padding: 'same', name: 'conv1' }),
      tf.layers.batchNormalization({ momentum: 0.9, epsilon: 1e-3, name: 'bn1' }),
      tf.layers.reLU(),
      tf.layers.maxPooling2d({ poolSize: 2 }),
      tf.layers.conv2d({ filters: 6, kernelSize: 3, padding: 'same', name: 'conv2' }),
      tf.layers.batchNormalization({ momentum: 0.9, epsilon: 1e-3, name: 'bn2' }),
      tf.layers.reLU(),
      tf.layers.globalAveragePooling2d({}),
      tf.layers.dense({ units: 3, activation: 'softmax', name: 'head' }),
    ],
  });
  for (const layer of model.layers) {
    const { name } = layer;
    const keys = name.startsWith('bn')
      ? ['gamma', 'beta', 'mean', 'variance'].map((key) => `${name}/${key}`)
      : [name, `${name}/bias`];
    if (!(name in weights) && !(`${name}/gamma` in weights)) continue;
    tf.tidy(() => {
      layer.setWeights(
        layer.getWeights().map(({ shape }, n) => tf.tensor(weights[keys[n] ?? ''] ?? [], shape)),
      );
    });
  }
  return model;
}

async function save(model: tf.LayersModel, folder: string, sidecar?: object): Promise<string> {
  await mkdir(folder, { recursive: true });
  const { modelJson, weights } = encodeLayersModel(model, { weightsFile: 'weights.bin', metadata: {} });
  const file = path.join(folder, 'model.json');
  await writeFile(file, modelJson);
  await writeFile(path.join(folder, 'weights.bin'), weights);
  if (sidecar) await writeFile(path.join(folder, 'model.m2at-model.json'), JSON.stringify(sidecar));
  return file;
}

const close = (actual: ArrayLike<number>, expected: readonly number[], what: string): void => {
  assert.equal(actual.length, expected.length, what);
  const worst = Math.max(...expected.map((value, n) => Math.abs(value - (actual[n] ?? NaN))));
  assert.ok(worst < 2e-5, `${what}: off by ${worst}`);
};

async function logitsOfFile(loaded: LoadedModel, images: Float32Array, side = 8): Promise<Float32Array> {
  const imported = asImportedModel(loaded);
  try {
    const { spec } = await findInputSpec(loaded.modelFile, imported);
    return tf.tidy(() =>
      logitsOf(
        imported,
        spec,
      )(tf.tensor(images, [images.length / side / side / 3, side, side, 3])).dataSync<'float32'>(),
    );
  } finally {
    imported.dispose();
  }
}

describe('training from a file', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await temporaryRoot();
  });
  afterEach(() => rm(folder, { recursive: true }));
  const inFolder = (name: string): string => path.join(folder, name);
  const begin = (model: object, changes: object = {}, dataset = tinyDataset()) =>
    startNetwork(tinyExperiment({ model: { name: 'checkpoint', ...model }, ...changes }), dataset, undefined);

  for (const { name, open } of testDevices) {
    it(`is PyTorch's update of the same network, on ${name}`, async () => {
      const device: Device = await open();
      const text = await readFile(path.join(repository, 'test/reference/fine_tune.json'), 'utf8');
      const vector = vectorSchema.parse(JSON.parse(text));
      const keras = kerasLike(vector.weights);
      const { mean, std } = vector;
      const file = await save(keras, inFolder('keras'), {
        range: [0, 255],
        mean,
        std,
        outputs: 'probabilities',
      });
      keras.dispose();
      const images = Float32Array.from(vector.images);
      close(
        await logitsOfFile(await loadLayersModel(file), images),
        vector.logitsBefore,
        'logits of the file',
      );

      const { model, begins } = await begin({ file, freeze: ['conv1', 'b*1'], variance: 'unbiased' });
      assert.match(
        begins ?? '',
        /all layers of it; 255 of its 401 numbers are trained; not trained: conv1, bn1\./,
      );
      const { momentum, weightDecay, learningRate } = vector;
      const step = new TrainStep(device, model, {
        ...{ momentum, weightDecay, nesterov: false, decay: 'all', variance: 'unbiased' },
      });
      const labels = Int32Array.from(vector.labels);
      const targets = new Float32Array(6 * 3);
      labels.forEach((label, n) => (targets[n * 3 + label] = 1));
      for (const expected of vector.losses) {
        const inputs = [float32(images, [6, 8, 8, 3]), float32(targets, [6, 3])];
        const { loss } = await step.run(inputs, labels, learningRate);
        assert.ok(Math.abs(loss - expected) < 2e-5, `${loss} and not ${expected}`);
      }
      await device.synchronize();
      const saved = await save(model, inFolder('tuned'));
      await step.dispose();
      model.dispose();
      await device.dispose();

      const reopened = await loadLayersModel(saved);
      const kept = new Map(
        reopened.model.weights.map((weight) => [weight.originalName, weight.read().dataSync()]),
      );
      const stays = vector.weights.conv1 ?? [];
      assert.deepEqual(vector.after.conv1, stays);
      close(kept.get('conv1/kernel') ?? [], stays, 'the frozen kernel');
      close(kept.get('bn1/moving_variance') ?? [], vector.weights['bn1/variance'] ?? [], 'frozen statistics');
      close(kept.get('bn2/moving_variance') ?? [], vector.after['bn2/variance'] ?? [], 'statistics');
      close(kept.get('head/kernel') ?? [], vector.after.head ?? [], 'the head');
      close(await logitsOfFile(reopened, images), vector.logitsAfter, 'logits of what was saved');
    });
  }

  it('has a new last layer for other classes, drawn by the seed', async () => {
    const file = await save(kerasLike({}), inFolder('keras'));
    const five = { ...tinyDataset(), classNames: ['a', 'b', 'c', 'd', 'e'] };
    const headOf = async (seed: number): Promise<Float32Array> => {
      const before = tf.memory().numTensors;
      const { model, begins } = await begin({ file }, { seed }, five);
      assert.match(begins ?? '', /with a new last layer/);
      const [kernel, bias] = model.getLayer('head').getWeights();
      assert.deepEqual([kernel?.shape, bias?.shape, model.outputs[0]?.shape], [[6, 5], [5], [null, 5]]);
      const values = kernel?.dataSync<'float32'>() ?? new Float32Array();
      model.dispose();
      assert.equal(tf.memory().numTensors, before);
      return values;
    };
    const one = await headOf(1);
    assert.deepEqual(await headOf(1), one);
    assert.notDeepEqual(await headOf(2), one);
    const bound = 1 / Math.sqrt(6);
    const largest = Math.max(...one.map(Math.abs));
    assert.ok(largest <= bound && largest > 0.6 * bound, String(largest));
    const kept = await begin({ file, head: 'new' });
    assert.match(kept.begins ?? '', /with a new last layer/, 'also where it would fit');
    kept.model.dispose();
  });

  it('says what does not fit', async () => {
    const file = await save(kerasLike({}), inFolder('keras'));
    const five = { ...tinyDataset(), classNames: ['a', 'b', 'c', 'd', 'e'] };
    await assert.rejects(
      begin({ file, head: 'keep' }, {}, five),
      /has 3 classes, the data has 5[^]*Leave model\.head out/,
    );
    await assert.rejects(
      begin({ file, freeze: ['stem*'] }),
      /no layer with weights that "stem\*" fits[^]*conv1, bn1, conv2/,
    );
    await assert.rejects(begin({ file, freeze: ['*'] }), /nothing left to train/);
    const train = { ...tinyDataset().train, height: 4, width: 16 };
    await assert.rejects(
      begin({ file }, {}, { ...tinyDataset(), train }),
      /takes images of 8 x 8 x 3; those of the data set are 4 x 16 x 3/,
    );
    const headless = tf.sequential({
      layers: [
        tf.layers.conv2d({ inputShape: [8, 8, 3], filters: 3, kernelSize: 1 }),
        tf.layers.globalAveragePooling2d({ name: 'mean' }),
      ],
    });
    const other = await save(headless, inFolder('headless'));
    await assert.rejects(begin({ file: other }), (error: unknown) => {
      assert.ok(error instanceof M2atError && error.code === 'unsupported');
      assert.match(error.message, /layer mean[^]*no dense one|no dense one[^]*/);
      return true;
    });
  });

  it('goes on from a run with other classes, stops, resumes to the bit, and its checkpoint starts another', async function () {
    this.timeout(60_000);
    const device = await openDevice('onnx-cpu', { threads: 1 });
    const dataset = tinyDataset();
    const train = (changes: Partial<TrainRunOptions> = {}): Promise<RunRecord> =>
      trainRun({
        ...{ experiment: tinyExperiment(), root: folder, signal: new AbortController().signal },
        ...{ onEvent: () => undefined, resources: { dataset, device }, ...changes },
      });
    const weightsOf = async ({ id }: RunRecord): Promise<number[][]> => {
      const { model } = await loadLayersModel(path.join(runDirectory(folder, id), 'checkpoints', 'last'));
      const all = model.weights.map((weight) => [...weight.read().dataSync()]);
      model.dispose();
      return all;
    };
    const first = await train({ experiment: tinyExperiment({ method: { name: 'standard' } }) });
    const from = { name: 'checkpoint', file: runDirectory(folder, first.id), freeze: ['conv1', 'bn1'] };
    const experiment = tinyExperiment({ model: from });
    const whole = await train({ experiment });
    assert.equal(whole.status, 'done');
    const log = await readFile(path.join(runDirectory(folder, whole.id), 'log.txt'), 'utf8');
    assert.match(log, /Begins with .*model\.json, all layers of it; .* not trained: conv1, bn1\./);

    const stop = new AbortController();
    const resources = {
      dataset,
      device: observed(device, (program, count) => {
        if (program === 'train-step' && count === 5) stop.abort();
      }),
    };
    const stopped = await train({ experiment, signal: stop.signal, resources });
    assert.equal(stopped.status, 'stopped');
    const resumed = await train({ experiment, resume: stopped.id });
    assert.equal(resumed.status, 'done');
    assert.deepEqual(await weightsOf(resumed), await weightsOf(whole));
    assert.notDeepEqual(await weightsOf(whole), await weightsOf(first));

    const again = { name: 'checkpoint', file: runDirectory(folder, whole.id) };
    assert.equal((await train({ experiment: tinyExperiment({ model: again }) })).status, 'done');
    await device.dispose();
  });
});
