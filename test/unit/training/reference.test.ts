import assert from 'node:assert/strict';
import * as tf from '@tensorflow/tfjs';
import * as z from 'zod';
import type { Device } from '../../../src/core/engine/devices/device';
import { float32 } from '../../../src/core/engine/arrays/nd-array';
import { TrainStep } from '../../../src/core/training/train-step';
import vectors from '../../reference/sgd.json';
import { testDevices } from '../attacks/devices';
import { setWeights } from '../attacks/tiny-network';

const array = z.object({ shape: z.array(z.int()), data: z.array(z.number()) });
const references = z
  .array(
    z.object({
      nesterov: z.boolean(),
      momentum: z.number(),
      weightDecay: z.number(),
      epsilon: z.number(),
      statisticsMomentum: z.number(),
      classes: z.int(),
      initial: z.array(array),
      steps: z.array(z.object({ rate: z.number(), images: array, targets: array, loss: z.number() })),
      final: z.array(array),
    }),
  )
  .parse(vectors);
type Reference = (typeof references)[number];

for (const { name, open } of testDevices) {
  describe(`training steps on ${name} agree with PyTorch`, () => {
    let device: Device;
    before(async () => {
      device = await open();
    });
    after(() => device.dispose());

    for (const reference of references) {
      it(`SGD with momentum, ${reference.nesterov ? 'Nesterov, ' : ''}weight decay and BatchNorm`, async () => {
        const model = network(reference);
        const step = new TrainStep(device, model, reference);
        for (const { rate, images, targets, loss } of reference.steps) {
          const labels = new Int32Array(images.shape[0] ?? 0);
          const result = await step.run([toArray(images), toArray(targets)], labels, rate);
          assert.ok(Math.abs(result.loss - loss) < 1e-4, `loss ${result.loss}, not ${loss}`);
        }
        const final = inOrder(model, reference.final);
        for (const [n, weight] of model.weights.entries()) {
          const actual = weight.read().dataSync();
          const expected = final[n]?.data ?? [];
          assert.equal(actual.length, expected.length, weight.name);
          const worst = Math.max(...expected.map((value, i) => Math.abs(value - (actual[i] ?? NaN))));
          assert.ok(worst < 2e-4, `${weight.name} differs by ${worst}`);
        }
        await step.dispose();
        model.dispose();
      });
    }

    it('keeps the number of tensors', async () => {
      const [reference] = references;
      const [first] = reference?.steps ?? [];
      assert.ok(reference && first);
      const before = tf.memory().numTensors;
      const model = network(reference);
      const step = new TrainStep(device, model, reference);
      const inputs = [toArray(first.images), toArray(first.targets)];
      const counts: number[] = [];
      for (let n = 0; n < 4; n++) {
        await step.run(inputs, new Int32Array(6), 0.1);
        counts.push(tf.memory().numTensors);
      }
      assert.equal(new Set(counts).size, 1, counts.join(', '));
      await step.dispose();
      model.dispose();
      assert.equal(tf.memory().numTensors, before);
    });
  });
}

function network({ classes, epsilon, statisticsMomentum: momentum, initial }: Reference): tf.LayersModel {
  const conv = { filters: 4, kernelSize: 3, padding: 'same', useBias: false } as const;
  const model = tf.sequential({
    layers: [
      tf.layers.conv2d({ inputShape: [5, 5, 3], ...conv }),
      tf.layers.batchNormalization({ epsilon, momentum }),
      tf.layers.reLU(),
      tf.layers.flatten(),
      tf.layers.dense({ units: classes }),
    ],
  });
  const zeros = { shape: [4], data: [0, 0, 0, 0] };
  const ones = { shape: [4], data: [1, 1, 1, 1] };
  setWeights(model, inOrder(model, [...initial, zeros, ones]));
  return model;
}

/** From the file's order (conv, gamma, beta, dense, bias, moving mean, moving variance) to the model's. */
function inOrder(model: tf.LayersModel, [...weights]: Reference['final']): Reference['final'] {
  const names = ['/kernel', '/gamma', '/beta', '/kernel', '/bias', '/moving_mean', '/moving_variance'];
  const left = weights.map((weight, n) => ({ weight, name: names[n] ?? '' }));
  return model.weights.map(({ originalName }) => {
    const n = left.findIndex(({ name }) => originalName.endsWith(name));
    const [found] = left.splice(n, 1);
    assert.ok(n >= 0 && found, originalName);
    return found.weight;
  });
}

function toArray({ shape, data }: z.output<typeof array>) {
  return float32(Float32Array.from(data), shape);
}
