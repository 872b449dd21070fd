import assert from 'node:assert/strict';
import * as tf from '@tensorflow/tfjs';
import * as z from 'zod';
import { float32, type NdArray } from '../../../src/core/engine/arrays/nd-array';
import type { Device } from '../../../src/core/engine/devices/device';
import { forward } from '../../../src/core/models/layers-model/forward';
import { createModel } from '../../../src/core/models/networks/create-model';
import { modelParameters, usualStem } from '../../../src/core/models/networks/model-schema';
import { entryAt } from '../../../src/core/training/optimizer';
import { TrainStep } from '../../../src/core/training/train-step';
import vectors from '../../reference/networks/sizes/sizes.json';
import { testDevices } from '../attacks/devices';
import { parametersOf } from './support';

const numbers = z.array(z.number());
const summary = z.object({ first: numbers, sum: z.number(), absolute: z.number() });
const reference = z
  .object({
    classes: z.int(),
    cases: z.array(
      z.object({
        model: modelParameters,
        size: z.int(),
        channels: z.int(),
        stem: z.string(),
        normalization: z.object({ mean: numbers, std: numbers }),
        labels: z.array(z.int()),
        parameters: z.int(),
        logits: numbers,
        loss: z.number(),
        gradients: z.record(z.string(), summary),
      }),
    ),
    torchvision: z.object({ parameters: z.int(), logits: numbers }),
  })
  .parse(vectors);
type Case = (typeof reference)['cases'][number];

/** Numbers in [-0.5, 0.5): FNV-1a of the name, then a mixture of it and the position, as the reference script makes them. */
function hashed(name: string, count: number): Float64Array {
  let seed = 2166136261;
  for (const byte of Buffer.from(name)) seed = Math.imul(seed ^ byte, 16777619);
  return Float64Array.from({ length: count }, (_, n) => {
    let x = (Math.imul(n, 2654435761) + seed) | 0;
    x = Math.imul(x ^ (x >>> 15), 2246822519);
    x = Math.imul(x ^ (x >>> 13), 3266489917);
    return ((x ^ (x >>> 16)) >>> 8) / 2 ** 24 - 0.5;
  });
}

function fill(model: tf.LayersModel): void {
  for (const weight of model.weights) {
    const { originalName: name } = weight;
    if (name.startsWith('input_normalization')) continue;
    const shape = weight.shape.map(Number);
    const size = shape.reduce((product, side) => product * side, 1);
    const own = hashed(name, size);
    const scale: Record<string, [number, number]> = {
      kernel: [0, Math.sqrt(24 / (size / (shape.at(-1) ?? 1)))],
      gamma: [1, 0.4],
      moving_variance: [1, 1],
    };
    const [base, factor] = scale[name.split('/')[1] ?? ''] ?? [0, 0.4];
    tf.tidy(() => {
      weight.write(
        tf.tensor(
          Float32Array.from(own, (value) => base + factor * value),
          shape,
        ),
      );
    });
  }
}

function imagesOf(size: number, channels: number, count: number): NdArray<'float32'> {
  const own = hashed(`images of ${size}`, count * size * size * channels);
  return float32(
    Float32Array.from(own, (value) => value + 0.5),
    [count, size, size, channels],
  );
}

async function logitsOf(
  device: Device,
  model: tf.LayersModel,
  images: NdArray<'float32'>,
): Promise<number[]> {
  const program = device.compile('logits', (x) => [
    forward(model, x, { batchNorm: 'eval', updateStatistics: false }),
  ]);
  const [logits] = await program.run(images);
  await program.dispose();
  return [...(logits?.data ?? [])];
}

/** @param tolerance of the largest expected number, and of 1 */
function assertNear(what: string, actual: readonly number[], expected: readonly number[], tolerance: number) {
  assert.equal(actual.length, expected.length, what);
  const largest = Math.max(1, ...expected.map(Math.abs));
  for (const [n, value] of expected.entries()) {
    const difference = Math.abs((actual[n] ?? NaN) - value);
    assert.ok(difference < tolerance * largest, `${what}: ${actual[n]} at ${n}, not ${value}`);
  }
}

async function compare(
  device: Device,
  { model: parameters, size, channels, ...expected }: Case,
): Promise<void> {
  const { classes } = reference;
  const { normalization } = expected;
  const model = createModel(parameters, {
    inputShape: [size, size, channels],
    classes,
    seed: 0,
    normalization,
  });
  fill(model);
  assert.equal(parametersOf(model), expected.parameters);
  const images = imagesOf(size, channels, expected.labels.length);
  assertNear('logits', await logitsOf(device, model, images), expected.logits, 2e-5);
  const step = new TrainStep(device, model, {
    momentum: 0.9,
    nesterov: false,
    weightDecay: 0,
    ...parameters,
  });
  const targets = new Float32Array(expected.labels.length * classes);
  for (const [n, label] of expected.labels.entries()) targets[n * classes + label] = 1;
  const labels = Int32Array.from(expected.labels);
  const { loss } = await step.run([images, float32(targets, [labels.length, classes])], labels, 0);
  assertNear('loss', [loss], [expected.loss], 2e-5);
  // Of two values that float32 can't tell apart the max-pool may choose the other one: one of thousands of places.
  const tolerance = expected.stem === '7x7-pool' ? 1e-3 : 1e-4;
  // After a first step velocities are gradients.
  for (const [n, { originalName }] of model.trainableWeights.entries()) {
    const gradient = [...entryAt(step.optimizer.state, n).dataSync()];
    const { first, sum, absolute } = expected.gradients[originalName] ?? assert.fail(originalName);
    assertNear(`gradient of ${originalName}`, gradient.slice(0, 8), first, tolerance);
    const total = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0);
    assertNear(
      `sums of ${originalName}`,
      [total(gradient), total(gradient.map(Math.abs))],
      [sum, absolute],
      tolerance,
    );
  }
  await step.dispose();
  model.dispose();
}

describe('networks for images of other sizes are what PyTorch computes in double precision', function () {
  this.timeout(60_000);
  for (const { name, open } of testDevices) {
    describe(`on ${name}`, () => {
      let device: Device;
      before(async () => {
        device = await open();
      });
      after(() => device.dispose());
      // TF.js's own kernels take a minute for some of the others; vectors.test.ts has every stem on both.
      const slow = ({ size, model }: Case): boolean => size > 28 || model.name === 'wide-resnet';
      for (const one of reference.cases.filter((each) => name === 'onnx-cpu' || !slow(each))) {
        it(`${one.model.name} at ${one.size} with ${one.channels} channels`, () => compare(device, one));
      }
    });
  }

  it("torchvision's ResNet-18 at 224, by its number of weights and its logits", async () => {
    const open = testDevices.find(({ name }) => name === 'onnx-cpu')?.open ?? assert.fail();
    const device = await open();
    const model = createModel(
      { name: 'resnet', padding: 'pytorch' },
      {
        ...{ inputShape: [224, 224, 3], classes: 1000, seed: 0 },
        normalization: { mean: [0, 0, 0], std: [1, 1, 1] },
      },
    );
    fill(model);
    const { parameters, logits } = reference.torchvision;
    assert.equal(parameters, 11_689_512);
    assert.equal(parametersOf(model), parameters);
    assertNear('logits', await logitsOf(device, model, imagesOf(224, 3, 1)), logits, 5e-5);
    model.dispose();
    await device.dispose();
  });
});

describe('the stem of a network', () => {
  it('is by the size of the images where nothing is said', () => {
    const sizes = [8, 28, 32, 64, 65, 96, 128, 129, 224];
    assert.deepEqual(
      sizes.map((size) => usualStem(size, size)),
      [
        ...['3x3', '3x3', '3x3', '3x3'],
        ...['3x3-stride-2', '3x3-stride-2', '3x3-stride-2'],
        ...['7x7-pool', '7x7-pool'],
      ],
    );
    assert.equal(usualStem(32, 200), '7x7-pool');
    for (const { size, stem } of reference.cases) assert.equal(usualStem(size, size), stem);
  });

  it('counts among what makes images too small', () => {
    const make = (size: number, stem: '3x3' | '3x3-stride-2' | '7x7-pool') => () =>
      createModel(
        { name: 'small-cnn', widths: [2, 2, 2, 2], hidden: 2, stem },
        {
          ...{ inputShape: [size, size, 3], classes: 2, seed: 0 },
          normalization: { mean: [0, 0, 0], std: [1, 1, 1] },
        },
      ).dispose();
    make(8, '3x3')();
    assert.throws(make(8, '3x3-stride-2'), /too small: small-cnn halves them 4 times/);
    make(32, '7x7-pool')();
    assert.throws(make(31, '7x7-pool'), /halves them 5 times/);
  });
});
