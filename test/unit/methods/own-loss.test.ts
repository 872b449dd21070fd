import assert from 'node:assert/strict';
import { rm } from 'node:fs/promises';
import path from 'node:path';
import * as tf from '@tensorflow/tfjs';
import type { Dataset } from '../../../src/core/data/dataset';
import { memoryImages, type MemoryImages } from '../../../src/core/data/memory-images';
import type { NdArray } from '../../../src/core/engine/arrays/nd-array';
import * as z from 'zod';
import { experimentJsonSchema } from '../../../src/core/experiment/json-schema';
import { parseExperiment } from '../../../src/core/experiment/parse-experiment';
import { planTraining } from '../../../src/core/experiment/training-plan';
import { resolveExperiment, type FullExperiment } from '../../../src/core/experiment/resolve-experiment';
import type { RunRecord } from '../../../src/core/records/run-files';
import { openDevice } from '../../../src/core/engine/devices/devices';
import { plainUpdate } from '../../../src/core/methods/method';
import type { Named } from '../../../src/core/named-schema';
import { chooseMethod } from '../../../src/core/methods/choose-method';
import type { ChosenMethod } from '../../../src/core/methods/define-method';
import { withUpdate, type MethodOption } from '../../../src/core/methods/method-option';
import { createModel } from '../../../src/core/models/networks/create-model';
import { modelParameters } from '../../../src/core/models/networks/model-schema';
import { loadLayersModel } from '../../../src/core/models/layers-model/layers-model-file';
import { Random } from '../../../src/core/random';
import { builtIn } from '../../../src/core/registry/registry';
import { runDirectory } from '../../../src/core/records/run-paths';
import { readRun } from '../../../src/core/runs/run-store';
import { completionsAt, hoverAt } from '../../../src/extension/experiment/experiment-completions';
import { trainRun, type TrainRunOptions } from '../../../src/core/training/train-run';
import { batchPlan, Trainer } from '../../../src/core/training/trainer';
import { TrainingBatches } from '../../../src/core/training/training-batches';
import { testDevices } from '../attacks/devices';
import { temporaryRoot } from '../training/tiny-task';
import { plainLoss, plainTraining, plainWeights, type PlainBatch, type Weights } from './plain-training';
import { stability } from './stability/definition';
import { withoutKeys } from '../../../src/core/without-keys';
import { attacks } from '../../../src/core/attacks';

const registry = { ...builtIn, methods: [...builtIn.methods, stability] };
const COUNT = 6;
const WEIGHT = 2;
const sgd = { momentum: 0.9, weightDecay: 5e-4 };
const RATE = 0.5;

/** One pixel with three channels, one of three classes. */
const dataset: Dataset = {
  name: 'cifar10',
  classNames: ['red', 'green', 'blue'],
  train: pixels('train', COUNT, 1),
  test: pixels('test', 3, 2),
  normalization: { mean: [0.5, 0.5, 0.5], std: [0.25, 0.25, 0.25] },
};
/** Two steps on all images. */
const { training, ...rest } = fromText({
  name: 'toy',
  seed: 3,
  dataset: { name: 'cifar10' },
  model: { name: 'preact-resnet', blocks: [1], width: 2 },
  method: { name: 'stability', weight: WEIGHT },
  training: {
    ...sgd,
    epochs: 2,
    batchSize: COUNT,
    schedule: { name: 'piecewise', learningRate: RATE, milestones: [] },
    augment: { crop: 0, flip: false },
  },
  evaluation: { everyEpochs: 2, during: { count: 3, attacks: [] }, final: { count: 3, attacks: [] } },
  samples: { count: 2, everySteps: 1 },
});
/** None is held out, as in runs of earlier versions. */
const experiment = { ...rest, training: withoutKeys(training, ['validation']) };
const plan = planTraining(experiment, COUNT);

for (const { name, open } of testDevices) {
  describe(`a method with a loss and three forward passes of its own, on ${name}`, () => {
    it('trains through the entry of all methods, as a hand computation does', async () => {
      const [root, device] = [await temporaryRoot(), await open()];
      const { signal } = new AbortController();
      const resources = { dataset, device, batchThread: path.join(__dirname, 'toy-batches.js') };
      const logs: string[] = [];
      const record = await trainRun({
        ...{ experiment, root, registry, signal, resources },
        onEvent: (_, event) => {
          if (event.type === 'log') logs.push(event.text);
        },
      });
      assert.equal(record.status, 'done');
      assert.ok(!logs.some((text) => text.includes('between the steps')), 'its batches came from the thread');
      const { model } = await loadLayersModel(
        path.join(runDirectory(root, record.id), 'checkpoints', 'last'),
      );
      assertSame(plainWeights(model), await expected({}));
      model.dispose();
      const { rows, samples } = await readRun(root, record.id);
      const [first] = rows;
      assert.ok(first?.kind === 'step' && first.loss !== null);
      const [batch] = await plainBatches(chosen());
      assert.ok(batch && Math.abs(first.loss - plainLoss(initialWeights(), batch, WEIGHT)) < 1e-5);
      assert.deepEqual(
        samples?.grid.columns.map(({ key }) => key),
        ['x', 'noise'],
      );
      await device.dispose();
      await rm(root, { recursive: true });
    });

    it('takes options that know nothing of it: perturbed weights around smoothed labels', async () => {
      const device = await open();
      const before = tf.memory().numTensors;
      const method = chosen([smoothing(0.3), perturbation(0.1)]);
      const model = network();
      const trainer = await Trainer.create({ attacks, device, model, dataset, experiment, method }, plan);
      for (let step = 0; step < plan.steps; step++) await trainer.train(step, new AbortController().signal);
      await device.synchronize();
      assertSame(plainWeights(model), await expected({ options: [smoothing(0.3)], perturbation: 0.1 }));
      await trainer.dispose();
      model.dispose();
      assert.equal(tf.memory().numTensors, before);
      await device.dispose();
    });
  });
}

it('a method that draws is told how much of the training is done', async () => {
  const seen: number[] = [];
  const method: MethodOption = (inner) => ({
    ...inner,
    draw: (batch, random) => {
      seen.push(batch.progress);
      return inner.draw(batch, random);
    },
  });
  await plainBatches(chosen([method]));
  assert.deepEqual(seen, [0, 0.5]);
});

describe('what a method keeps from step to step', () => {
  it('is in the checkpoint: a run that was stopped and resumed is the run that was not', async () => {
    const [root, device] = [await temporaryRoot(), await openDevice('onnx-cpu', { threads: 1 })];
    const anchored = { ...stability, with: (parameters: Named) => anchor(stability.with(parameters)) };
    const train = (signal: AbortSignal, onEvent: TrainRunOptions['onEvent'], resume?: string) =>
      trainRun({
        ...{ experiment, root, signal, onEvent, resume, registry: { ...builtIn, methods: [anchored] } },
        resources: { dataset, device },
      });
    const weights = async ({ id }: RunRecord): Promise<Weights> => {
      const folder = path.join(runDirectory(root, id), 'checkpoints', 'last');
      const { model } = await loadLayersModel(folder);
      const found = plainWeights(model);
      model.dispose();
      return found;
    };
    const whole = await train(new AbortController().signal, () => undefined);
    const stop = new AbortController();
    const stopped = await train(stop.signal, (_, { type }) => {
      if (type === 'metric') stop.abort();
    });
    assert.deepEqual([stopped.status, stopped.progress?.step], ['stopped', 1]);
    const resumed = await train(new AbortController().signal, () => undefined, stopped.id);
    assert.deepEqual([whole.status, resumed.status], ['done', 'done']);
    assert.deepEqual(await weights(resumed), await weights(whole));
    await device.dispose();
    await rm(root, { recursive: true });
  });
});

describe('a method that is in a list', () => {
  it('is in the JSON schema, and refused where it is not', () => {
    const { properties } = experimentJsonSchema(registry);
    const names = JSON.stringify(registry.methods.map(({ name }) => name));
    assert.ok(JSON.stringify(properties).includes(`"enum":${names}`));
    const { problems } = parseExperiment(JSON.stringify({ method: { name: 'stability' } }));
    assert.ok(problems?.some(({ field }) => field === 'method.name'));
  });

  it('is offered by the editor, with its keys and what they are', () => {
    const labels = (text: string): string[] =>
      completionsAt(text.replace('|', ''), text.indexOf('|'), registry).map(({ label }) => label);
    assert.ok(labels('{ "method": { "name": | } }').includes('"stability"'));
    assert.deepEqual(labels('{ "method": { "name": "stability", | } }'), ['"deviation"', '"weight"']);
    const text = '{ "method": { "name": "stability", "weight": 2 } }';
    assert.match(hoverAt(text, text.indexOf('weight'), registry)?.lines[0] ?? '', /^Of the difference/);
  });

  it('has a name of its own, and a description for every key and choice', () => {
    for (const { name, parameters, files } of registry.methods) {
      const needed = Object.fromEntries(files.map((key) => [key, 'x']));
      assert.equal(parameters.safeParse({ name, ...needed }).data?.name, name);
      const schema: object = z.toJSONSchema(parameters, { io: 'input', unrepresentable: 'any' });
      assert.deepEqual(undescribed(schema), [], name);
    }
    assert.equal(new Set(registry.methods.map(({ name }) => name)).size, registry.methods.length);
    for (const { name, schema } of registry.options) {
      const json: object = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' });
      assert.ok('description' in json, name);
      assert.deepEqual(undescribed(json), [], name);
    }
  });
});

/** Keys of a JSON schema, at any depth, that nothing is said of. */
function undescribed(schema: unknown): string[] {
  if (typeof schema !== 'object' || schema === null) return [];
  const properties: unknown = 'properties' in schema ? schema.properties : {};
  const silent = Object.entries(Object(properties) as object).flatMap(([key, value]) =>
    'description' in Object(value) ? [] : [key],
  );
  return [...silent, ...Object.values(schema).flatMap(undescribed)];
}

function fromText(file: object): FullExperiment {
  const { runs, problems } = parseExperiment(JSON.stringify(file), registry);
  const [run] = runs ?? [];
  assert.ok(run, JSON.stringify(problems));
  return resolveExperiment(run.experiment);
}

/** Label smoothing: a change of the targets, made where batches are drawn. */
function smoothing(share: number): MethodOption {
  return (method) => ({
    ...method,
    complete(batch, draws) {
      const drawn = method.complete(batch, draws);
      const data = drawn.targets.data.map((target) => (1 - share) * target + share / batch.classes);
      return { ...drawn, targets: { ...drawn.targets, data } };
    },
  });
}

/** Pulls the parameters to their average over the steps, which is no weight of the network. */
const anchor: MethodOption = (method) => ({
  ...method,
  create: async (network) => {
    const bound = await method.create(network);
    const averages = network.model.trainableWeights.map((weight) =>
      tf.variable(weight.read().clone(), false),
    );
    return {
      ...bound,
      state: averages,
      update(step) {
        const numbers = (bound.update ?? plainUpdate)(step);
        for (const [i, average] of averages.entries()) {
          const parameter = step.network.parameters[i];
          assert.ok(parameter);
          average.assign(tf.add(tf.mul(average, 0.75), tf.mul(parameter, 0.25)));
          parameter.assign(tf.mul(tf.add(parameter, average), 0.5));
        }
        return numbers;
      },
      async dispose() {
        tf.dispose(averages);
        await bound.dispose();
      },
    };
  },
});

/** A step along the gradient before each update, taken back after it, as adversarial weight perturbation does. */
function perturbation(size: number): MethodOption {
  return (method) =>
    withUpdate(method, (update) => (step) => {
      const { network } = step;
      const still: typeof network = {
        ...network,
        forward: (images, options) => network.forward(images, { ...options, updateStatistics: false }),
      };
      const moves = step.gradients(still).gradients.map((gradient) => tf.mul(gradient, size));
      const move = (to: (parameter: tf.Tensor, by: tf.Tensor) => tf.Tensor): void => {
        for (const [i, parameter] of network.parameters.entries())
          parameter.assign(to(parameter, moves[i] ?? tf.scalar(NaN)));
      };
      move((parameter, by) => tf.add(parameter, by));
      const numbers = update(step);
      move((parameter, by) => tf.sub(parameter, by));
      return numbers;
    });
}

function chosen(options: readonly MethodOption[] = []): ChosenMethod {
  return chooseMethod(registry.methods, experiment.method, options);
}

async function expected({
  options,
  perturbation,
}: {
  options?: MethodOption[];
  perturbation?: number;
}): Promise<Weights> {
  return plainTraining(initialWeights(), await plainBatches(chosen(options)), {
    ...sgd,
    ...(perturbation !== undefined && { perturbation }),
    rate: RATE,
    weight: WEIGHT,
  });
}

async function plainBatches(method: ChosenMethod): Promise<PlainBatch[]> {
  const batches = new TrainingBatches(dataset.train, batchPlan(experiment, plan, dataset), method);
  const plain: PlainBatch[] = [];
  for (const step of [0, 1]) {
    const { images, targets, draws } = await batches.at(step);
    assert.ok(draws.noise);
    plain.push({ images: rowsOf(images), noise: rowsOf(draws.noise), targets: rowsOf(targets) });
  }
  return plain;
}

function rowsOf({ data }: NdArray): number[][] {
  return Array.from({ length: COUNT }, (_, n) => [...data.subarray(n * 3, (n + 1) * 3)]);
}

function network(): tf.LayersModel {
  const { model, seed } = experiment;
  return createModel(modelParameters.parse(model), {
    inputShape: [1, 1, 3],
    classes: 3,
    seed,
    normalization: dataset.normalization,
  });
}

function initialWeights(): Weights {
  const model = network();
  const weights = plainWeights(model);
  model.dispose();
  return weights;
}

/** What changed, and by how much: to the precision of float32. */
function assertSame(actual: Weights, expected: Weights): void {
  const initial = initialWeights();
  assert.equal(actual.size, expected.size);
  for (const [name, values] of expected) {
    const found = actual.get(name) ?? [];
    assert.equal(found.length, values.length, name);
    for (const [i, value] of values.entries()) {
      assert.ok(Math.abs(value - (found[i] ?? NaN)) < 1e-5, `${name}[${i}] is ${found[i]}, not ${value}`);
    }
    if (!name.startsWith('input_'))
      assert.ok(
        values.some((value, i) => value !== initial.get(name)?.[i]),
        name,
      );
  }
}

function pixels(split: string, count: number, seed: number): MemoryImages {
  const random = Random.keyed(seed, 'pixels');
  const labels = Int32Array.from({ length: count }, (_, n) => n % 3);
  const images = Uint8Array.from({ length: 3 * count }, () => random.int(256));
  return memoryImages({ split, images, labels, count, height: 1, width: 1, channels: 3 });
}
