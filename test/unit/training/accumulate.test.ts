import assert from 'node:assert/strict';
import { rm } from 'node:fs/promises';
import path from 'node:path';
import * as tf from '@tensorflow/tfjs';
import { float32, scalar } from '../../../src/core/engine/arrays/nd-array';
import { openDevice } from '../../../src/core/engine/devices/devices';
import { countProblems } from '../../../src/core/experiment/count-problems';
import { resolveExperiment } from '../../../src/core/experiment/resolve-experiment';
import { planTraining } from '../../../src/core/experiment/training-plan';
import { chooseMethod, chosenOptions } from '../../../src/core/methods/choose-method';
import type { Method } from '../../../src/core/methods/method';
import { emaDecay } from '../../../src/core/methods/options/ema/ema-decay';
import { createModel } from '../../../src/core/models/networks/create-model';
import { modelParameters } from '../../../src/core/models/networks/model-schema';
import { runDirectory } from '../../../src/core/records/run-paths';
import { builtIn } from '../../../src/core/registry/registry';
import { loadTrainingCheckpoint } from '../../../src/core/runs/checkpoint-store';
import { readRun } from '../../../src/core/runs/run-store';
import { trainRun } from '../../../src/core/training/train-run';
import { batchPlan, Trainer } from '../../../src/core/training/trainer';
import { TrainingBatches } from '../../../src/core/training/training-batches';
import { trainingNeed } from '../../../src/core/training/training-memory';
import { TrainStep } from '../../../src/core/training/train-step';
import { testDevices } from '../attacks/devices';
import { context, randomImages } from '../models/support';
import { observed, temporaryRoot, tinyDataset, tinyExperiment } from './tiny-task';

const PARTS = 3;
const COUNT = 6;

function withoutBatchNorm(): tf.LayersModel {
  const model = tf.sequential({
    layers: [
      tf.layers.conv2d({ filters: 4, kernelSize: 3, activation: 'relu', inputShape: [5, 5, 3] }),
      tf.layers.flatten(),
      tf.layers.dense({ units: 3 }),
    ],
  });
  model.weights.forEach((weight, i) => {
    weight.write(
      randomImages(
        weight.shape.map((size) => size ?? 0),
        i,
      ).sub(0.5),
    );
  });
  return model;
}

function assertSame(actual: tf.LayersModel, expected: tf.LayersModel): void {
  actual.weights.forEach((weight, i) => {
    const difference = weight.read().sub(expected.weights[i]?.read() ?? NaN);
    const worst = difference.abs().max().dataSync()[0] ?? NaN;
    assert.ok(worst < 1e-6, `${weight.name} differs by ${worst}`);
  });
}

describe('gradient accumulation', () => {
  for (const { name, open } of testDevices) {
    it(`is one batch where no layer looks at the batch, limits included, on ${name}`, async () => {
      const device = await open();
      const sgd = { momentum: 0.9, nesterov: true, weightDecay: 0.05, decay: 'all' } as const;
      // Clipping the whole gradient is something else than clipping its parts; the average moves once.
      const options = chosenOptions(builtIn.options, { gradientClip: 0.5, ema: {} });
      const chosen = chooseMethod(builtIn.methods, { name: 'standard' }, options);
      const [whole, divided] = [withoutBatchNorm(), withoutBatchNorm()];
      const bound = (model: tf.LayersModel, batchSize: number): Promise<Method> =>
        chosen.create({ device, model, classes: 3, batchSize });
      const [method, methodOfParts] = [await bound(whole, COUNT), await bound(divided, COUNT / PARTS)];
      const one = new TrainStep(device, whole, sgd, method);
      const several = new TrainStep(
        device,
        divided,
        { ...sgd, cyclesMomentum: true, parts: PARTS },
        methodOfParts,
      );
      for (const seed of [1, 2, 3]) {
        const images = randomImages([COUNT, 5, 5, 3], seed).dataSync<'float32'>();
        const targets = tf.softmax(randomImages([COUNT, 3], 10 + seed).mul(3)).dataSync<'float32'>();
        const labels = Int32Array.from({ length: COUNT }, (_, n) => (n + seed) % 3);
        const inputs = (from: number, to: number) => [
          float32(images.slice(75 * from, 75 * to), [to - from, 5, 5, 3]),
          float32(targets.slice(3 * from, 3 * to), [to - from, 3]),
          scalar(0.6),
        ];
        const expected = await one.run(inputs(0, COUNT), labels, 0.1);
        const both = [divided, methodOfParts.evaluated ?? divided];
        const values = (): number[][] =>
          both.flatMap(({ weights }) => weights.map((weight) => [...weight.read().dataSync()]));
        const before = values();
        const results = [];
        for (let n = 0; n < COUNT; n += 2)
          results.push(await several.add(inputs(n, n + 2), labels.slice(n, n + 2)));
        assert.deepEqual(values(), before, 'no part moves a weight');
        const actual = await several.complete(results, { learningRate: 0.1, momentum: 0.9 });
        assert.ok(Math.abs(actual.loss - expected.loss) < 1e-6);
        assert.ok(Math.abs(actual.accuracy - expected.accuracy) < 1e-6);
        assertSame(divided, whole);
        assert.ok(method.evaluated && methodOfParts.evaluated);
        assertSame(methodOfParts.evaluated, method.evaluated);
      }
      await assert.rejects(several.complete([], { learningRate: 0.1, momentum: 0.9 }), TypeError);
      await one.dispose();
      await several.dispose();
      await method.dispose();
      await methodOfParts.dispose();
      whole.dispose();
      divided.dispose();
      await device.dispose();
    });
  }

  it('trains with an inner attack for each part; a run stops between steps and goes on to the same bits', async () => {
    const [root, device] = [await temporaryRoot(), await openDevice('onnx-cpu', { threads: 1 })];
    const schedule = { name: 'one-cycle', learningRate: 0.2 };
    const experiment = tinyExperiment({
      method: { name: 'pgd-at', steps: 2 },
      training: { epochs: 2, batchSize: 8, accumulate: 4, schedule },
    });
    const runs = new Map<string, number>();
    const stop = new AbortController();
    const train = (signal: AbortSignal, resume?: string) =>
      trainRun({
        ...{ experiment, root, signal, resume: resume === '' ? undefined : resume, onEvent: () => undefined },
        resources: {
          dataset: tinyDataset(),
          device: observed(device, (program, count) => {
            runs.set(program, count);
            // In the middle of the third step.
            if (resume === undefined && program === 'train-part' && count === 10) stop.abort();
          }),
        },
      });
    try {
      const { id, status } = await train(stop.signal);
      assert.equal(status, 'stopped');
      assert.deepEqual([runs.get('train-part'), runs.get('train-update')], [12, 3], 'the step is finished');
      const checkpoint = await loadTrainingCheckpoint(
        path.join(runDirectory(root, id), 'checkpoints', 'last'),
      );
      assert.equal(checkpoint?.state.step, 3);
      assert.equal((await train(new AbortController().signal, id)).status, 'done');
      const whole = await train(new AbortController().signal, '');
      const weights = await Promise.all(
        [id, whole.id].map(async (run) => {
          const last = await loadTrainingCheckpoint(
            path.join(runDirectory(root, run), 'checkpoints', 'last'),
          );
          return last?.model.getWeights().map((weight) => [...weight.dataSync()]);
        }),
      );
      assert.deepEqual(weights[0], weights[1]);
      const { rows } = await readRun(root, whole.id);
      const rates = rows.flatMap((row) => (row.kind === 'step' ? [row.learningRate] : []));
      assert.ok(Math.abs((rates[0] ?? NaN) - 0.008) < 1e-12 && (rates.at(-1) ?? NaN) < 1e-5, rates.join());
    } finally {
      await device.dispose();
      await rm(root, { recursive: true, force: true });
    }
  });

  it('has the numbers of its step in each part: how far epsilon has grown, how much of an average stays', async () => {
    const dataset = tinyDataset();
    const experiment = resolveExperiment(
      tinyExperiment({
        options: { epsilonWarmup: 0.5, ema: { decay: 0.9, warmup: 0.3 } },
        training: { epochs: 2, batchSize: 8, accumulate: 4 },
      }),
    );
    const plan = planTraining(experiment, dataset.train.count);
    const options = chosenOptions(builtIn.options, experiment.options);
    const method = chooseMethod(builtIn.methods, experiment.method, options);
    const batches = new TrainingBatches(dataset.train, batchPlan(experiment, plan, dataset), method);
    assert.deepEqual([plan.steps, plan.parts], [10, 4]);
    for (let part = 0; part < plan.steps * plan.parts; part++) {
      const { epsilonShare, draws } = await batches.at(part);
      const step = Math.floor(part / plan.parts);
      assert.equal(epsilonShare, Math.min(1, (step + 1) / 5), `part ${part}`);
      assert.equal(draws.emaDecay?.data[0], Math.fround(emaDecay(step + 1, 3, 0.9)), `part ${part}`);
    }
  });

  it('needs the memory of a part', async () => {
    const device = await openDevice('onnx-cpu', { threads: 1 });
    const dataset = tinyDataset(2048, 12);
    const need = async (accumulate: number, batchSize: number): Promise<number> => {
      const experiment = tinyExperiment({
        model: { name: 'small-cnn', widths: [16, 16, 16, 16], hidden: 8 },
        training: { epochs: 1, batchSize, accumulate },
        evaluation: { during: { count: 2, attacks: [] }, final: { count: 2, attacks: [] } },
        samples: { count: 0 },
      });
      const model = createModel(modelParameters.parse(experiment.model), {
        ...context,
        inputShape: [8, 8, 3],
        classes: 3,
      });
      const method = chooseMethod(builtIn.methods, experiment.method);
      const setting = { device, model, dataset, experiment, method, attacks: builtIn.attacks };
      const trainer = await Trainer.create(setting, planTraining(experiment, dataset.train.count));
      const found = await trainingNeed(trainer, setting, batchSize / accumulate);
      await trainer.dispose();
      model.dispose();
      return found?.more ?? NaN;
    };
    const [whole, parts, part] = [await need(1, 2048), await need(16, 2048), await need(1, 128)];
    assert.ok(parts < whole / 2, `${parts} bytes in parts, ${whole} at once`);
    assert.ok(Math.abs(parts - part) < 0.15 * part, `${parts} bytes in parts, ${part} for a batch of a part`);
    await device.dispose();
  });

  it('wants equal parts', () => {
    const problems = (batchSize: number, accumulate: number, trainCount = 100): string[] =>
      countProblems(tinyExperiment({ training: { batchSize, accumulate } }), { train: trainCount }).map(
        ({ path: place, message }) => `${place.join('.')} ${message}`,
      );
    assert.deepEqual(problems(8, 4), []);
    assert.deepEqual(problems(8, 3), ['training.accumulate must divide the batch size, which is 8; got 3']);
    assert.deepEqual(problems(128, 8), [
      'training.accumulate must divide the batch size, which is 100, as that many images are trained on; got 8',
    ]);
  });
});
