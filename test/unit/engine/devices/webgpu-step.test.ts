import assert from 'node:assert/strict';
import type * as tf from '@tensorflow/tfjs';
import type { Device } from '../../../../src/core/engine/devices/device';
import { releaseArray } from '../../../../src/core/engine/arrays/device-array';
import { float32 } from '../../../../src/core/engine/arrays/nd-array';
import { createM2at } from '../../../../src/core/methods/m2at/m2at';
import type { DrawnBatch } from '../../../../src/core/methods/method';
import type { M2atDraws } from '../../../../src/core/methods/m2at/draws';
import { m2atParameters } from '../../../../src/core/methods/m2at/parameters';
import { createModel } from '../../../../src/core/models/networks/create-model';
import type { ModelParameters } from '../../../../src/core/models/networks/model-schema';
import { TrainStep } from '../../../../src/core/training/train-step';
import { assertClose, deviceWith, noise, skipWithoutWebGpu } from '../engine-fixture';

const programs = new Set(['pgd-steps', 'm2at-mix', 'train-step']);
const [count, size, classes] = [4, 8, 3];

/** A drawn batch of M2AT, the same whenever it is asked for with the same seed. */
function drawn(seed: number): DrawnBatch<M2atDraws> {
  const between = (shape: number[], low: number, high: number, salt: number) => {
    const array = noise(shape, seed * 10 + salt);
    return float32(
      array.data.map((value) => low + ((value + 1) / 2) * (high - low)),
      shape,
    );
  };
  const labels = Int32Array.from({ length: count }, (_, i) => (i + seed) % classes);
  const mask = between([count, size, size, 1], 0, 1, 1);
  return {
    images: between([count, size, size, 3], 0, 1, 2),
    labels,
    targets: float32(
      Float32Array.from({ length: count * classes }, (_, i) =>
        labels[Math.floor(i / classes)] === i % classes ? 1 : 0,
      ),
      [count, classes],
    ),
    draws: {
      start: between([count, size, size, 3], -8 / 255, 8 / 255, 3),
      mask: float32(
        mask.data.map((value) => Math.round(value)),
        mask.shape,
      ),
      lambda: between([count], 0, 1, 4),
    },
  };
}

/** Three steps of M2AT as a run does them; returns the losses and everything that the training changed. */
async function train(device: Device, parameters: ModelParameters) {
  const normalization = { mean: [0.5, 0.5, 0.5], std: [0.25, 0.25, 0.25] };
  const model = createModel(parameters, { inputShape: [size, size, 3], classes, seed: 7, normalization });
  const method = await createM2at(
    { device, model, classes, batchSize: count },
    m2atParameters.parse({ name: 'm2at', steps: 3, epsilon: '8/255', stepSize: '2/255' }),
  );
  const step = new TrainStep(device, model, { momentum: 0.9, nesterov: false, weightDecay: 5e-4 });
  const losses: number[] = [];
  for (let seed = 1; seed <= 3; seed++) {
    const batch = drawn(seed);
    const inputs = await method.prepare(batch, new AbortController().signal);
    const { loss } = await step.run(inputs, batch.labels, 0.05);
    inputs.forEach(releaseArray);
    losses.push(loss);
  }
  await device.synchronize();
  const arrays = [...model.weights.map((weight) => weight.read()), ...step.optimizer.state].map(valueOf);
  await method.dispose();
  await step.dispose();
  model.dispose();
  return { losses: [float32(Float32Array.from(losses), [3])], arrays };
}

function valueOf(tensor: tf.Tensor) {
  return float32(Float32Array.from(tensor.dataSync()), tensor.shape);
}

describe('WebGPU: whole steps of M2AT', () => {
  before(skipWithoutWebGpu);

  const networks: ModelParameters[] = [
    { name: 'preact-resnet', blocks: [1, 1], width: 8 },
    { name: 'small-cnn', widths: [4, 8, 8, 8], hidden: 8 },
  ];
  for (const parameters of networks) {
    it(`train a ${parameters.name} as the CPU does, and nothing but the loop leaves the GPU`, async function () {
      this.timeout(120_000);
      const device = await deviceWith('webgpu');
      const actual = await train(device, parameters);
      const expected = await train(await deviceWith('portable'), parameters);
      assertClose(actual.losses, expected.losses, 'losses');
      assertClose(actual.arrays, expected.arrays, 'parameters, statistics and momentum');
      // The Loop counts on the CPU and hands its condition on; its body stays on the GPU.
      for (const { program, op, provider } of device
        .fallbacks()
        .filter(({ program }) => programs.has(program))) {
        assert.equal(provider, 'CPUExecutionProvider');
        assert.ok(program === 'pgd-steps' && (op === 'Loop' || op === 'Identity'), `${program}: ${op}`);
      }
    });
  }
});
