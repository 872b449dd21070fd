import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import path from 'node:path';
import * as tf from '@tensorflow/tfjs';
import { releaseArray } from '../../../src/core/engine/arrays/device-array';
import type { NdArray } from '../../../src/core/engine/arrays/nd-array';
import type { Device } from '../../../src/core/engine/devices/device';
import { trainingParameters } from '../../../src/core/experiment/training-schema';
import { chooseMethod, chosenOptions } from '../../../src/core/methods/choose-method';
import type { Draws } from '../../../src/core/methods/draws';
import { forward } from '../../../src/core/models/layers-model/forward';
import { createModel } from '../../../src/core/models/networks/create-model';
import { modelParameters } from '../../../src/core/models/networks/model-schema';
import { oneOf } from '../../../src/core/named-schema';
import { builtIn } from '../../../src/core/registry/registry';
import { entryAt, type StepRate } from '../../../src/core/training/optimizer';
import { TrainStep, type PartResult } from '../../../src/core/training/train-step';
import { testDevices } from '../attacks/devices';
import { readMethodVector, vectorFolders, type MethodVector } from './method-vector';

const files = vectorFolders.flatMap((folder) =>
  readdirSync(folder).flatMap((file) => (file.endsWith('.json') ? [path.join(folder, file)] : [])),
);
/** What float32 makes of two steps in double precision: losses near 2, weights near 1. */
const TOLERANCE = 2e-5;

describe('a step of a method is what PyTorch computes in double precision', () => {
  for (const { name, open } of testDevices) {
    describe(`on ${name}`, () => {
      let device: Device;
      before(async () => {
        device = await open();
      });
      after(() => device.dispose());
      for (const file of files) {
        it(path.basename(file), async () => {
          const vector = await readMethodVector(file);
          const before = tf.memory().numTensors;
          await compare(device, vector);
          assert.equal(tf.memory().numTensors, before);
        });
      }
    });
  }

  it('for every method and every option of the lists', async () => {
    const vectors = await Promise.all(files.map(readMethodVector));
    const methods = new Set(vectors.map(({ method }) => method.name));
    const options = new Set(vectors.flatMap((vector) => Object.keys(vector.options)));
    assert.deepEqual(
      builtIn.methods.map(({ name }) => name).filter((name) => !methods.has(name)),
      [],
    );
    assert.deepEqual(
      builtIn.options.map(({ name }) => name).filter((name) => !options.has(name)),
      [],
    );
  });
});

async function compare(device: Device, vector: MethodVector): Promise<void> {
  const { classes, batches, steps } = vector;
  const [first] = batches;
  assert.ok(first);
  const [count = 0, height = 0, width = 0, channels = 0] = first.images.shape;
  const inputShape = [height, width, channels] as const;
  const { normalization } = vector;
  const parameters = modelParameters.parse(vector.model);
  const model = createModel(parameters, { inputShape, classes, seed: 0, normalization });
  setWeights(model, vector.initial);
  if (vector.logits) {
    const program = device.compile('logits', (images) => [
      forward(model, images, { batchNorm: 'eval', updateStatistics: false }),
    ]);
    const [logits] = await program.run(first.images);
    assert.ok(logits);
    const [actual, expected] = [tf.tensor(logits.data, [...logits.shape]), { logits: vector.logits }];
    assertClose('logits in eval mode', new Map([['logits', actual]]), expected);
    actual.dispose();
    await program.dispose();
  }
  const chosen = chooseMethod(
    builtIn.methods,
    oneOf(builtIn.methods).parse(vector.method),
    chosenOptions(builtIn.options, vector.options),
  );
  const { learningRate, ...training } = vector.training;
  const { variance } = parameters;
  const settings = trainingParameters.parse(training);
  const { accumulate: parts } = settings;
  const method = await chosen.create({ device, model, classes, batchSize: count / parts });
  const step = new TrainStep(device, model, { ...settings, parts, variance }, method);
  let update = 0;
  const rate = (): StepRate => ({ learningRate, update: ++update });
  for (const [index, expected] of steps.entries()) {
    const batch = batches[index];
    assert.ok(batch);
    const { images, labels, draws } = batch;
    const results: PartResult[] = [];
    for (let part = 0; part < parts; part++) {
      const drawn = chosen.complete(
        {
          ...{
            images: partOf(images, part, parts),
            labels: Int32Array.from(inPart(labels, part, parts)),
            classes,
          },
          ...{ progress: index / steps.length, steps: steps.length, meanColour: normalization.mean },
        },
        drawsOf(draws, part, parts),
      );
      const inputs = await method.prepare(drawn, new AbortController().signal);
      results.push(
        await (parts === 1 ? step.run(inputs, drawn.labels, rate()) : step.add(inputs, drawn.labels)),
      );
      for (let replay = 1; replay < (method.replays ?? 1); replay++)
        results[0] = await step.run(inputs, drawn.labels, rate());
      inputs.forEach(releaseArray);
    }
    const loss = parts === 1 ? (results[0]?.loss ?? NaN) : (await step.complete(results, rate())).loss;
    assert.ok(
      Math.abs(loss - expected.loss) < TOLERANCE,
      `step ${index + 1}: loss ${loss}, not ${expected.loss}`,
    );
    const names = model.trainableWeights.map(({ originalName }) => originalName);
    const kept = (from: number) =>
      new Map(names.map((key, i) => [key, entryAt(step.optimizer.state, from + i)]));
    assertClose(`velocity after step ${index + 1}`, kept(0), expected.velocities);
    if (expected.squares)
      assertClose(`mean square after step ${index + 1}`, kept(names.length), expected.squares);
    assertClose(`weight after step ${index + 1}`, weightsOf(model), expected.weights);
    if (expected.evaluated) {
      assert.ok(method.evaluated);
      assertClose(`average after step ${index + 1}`, weightsOf(method.evaluated), expected.evaluated);
    }
  }
  await step.dispose();
  await method.dispose();
  model.dispose();
}

/** Of `parts` equal parts of a batch, the one at `part`. */
function inPart<T extends ArrayLike<unknown> & { slice(from: number, to: number): T }>(
  values: T,
  part: number,
  parts: number,
): T {
  const size = values.length / parts;
  return values.slice(part * size, (part + 1) * size);
}

function partOf(
  { dtype, shape: [count = 0, ...rest], data }: NdArray<'float32'>,
  part: number,
  parts: number,
) {
  return { dtype, shape: [count / parts, ...rest], data: inPart(data, part, parts) };
}

function drawsOf(draws: Draws, part: number, parts: number): Draws {
  if (parts === 1) return draws;
  return Object.fromEntries(
    Object.entries(draws).map(([name, drawn]) => {
      assert.ok(drawn?.dtype === 'float32', name);
      return [name, partOf(drawn, part, parts)];
    }),
  );
}

function weightsOf(model: tf.LayersModel): Map<string, tf.Tensor> {
  return new Map(model.weights.map((weight) => [weight.originalName, weight.read()]));
}

function assertClose(
  what: string,
  actual: ReadonlyMap<string, tf.Tensor>,
  expected: Readonly<Record<string, NdArray>>,
): void {
  for (const [name, { shape, data }] of Object.entries(expected)) {
    const found = actual.get(name);
    assert.ok(found, `there is no ${name}`);
    assert.deepEqual(found.shape, shape, name);
    const values = found.dataSync();
    const worst = Math.max(...Array.from(data, (value, i) => Math.abs(value - (values[i] ?? NaN))));
    assert.ok(worst < TOLERANCE, `${what}: ${name} differs by ${worst}`);
  }
}

function setWeights(model: tf.LayersModel, values: Readonly<Record<string, NdArray>>): void {
  for (const weight of model.weights) {
    const value = values[weight.originalName];
    if (!value) {
      assert.match(weight.originalName, /^input_normalization/);
      continue;
    }
    tf.tidy(() => {
      weight.write(tf.tensor(value.data, [...value.shape]));
    });
  }
}
