import assert from 'node:assert/strict';
import type * as tf from '@tensorflow/tfjs';
import { rm } from 'node:fs/promises';
import path from 'node:path';
import { attackRun, type AttackRunOptions } from '../../../../src/core/attacking/attack-run';
import type { ProgramInput } from '../../../../src/core/engine/arrays/device-array';
import type { NdArray } from '../../../../src/core/engine/arrays/nd-array';
import type { Device } from '../../../../src/core/engine/devices/device';
import { checkDevice } from '../../../../src/core/engine/devices/device-probe';
import { soundDevice } from '../../../../src/core/engine/devices/devices';
import { checkLayers, layersOf, type Layer } from '../../../../src/core/engine/devices/layer-check';
import { evaluateExamples } from '../../../../src/core/jobs/evaluate-examples';
import { forward } from '../../../../src/core/models/layers-model/forward';
import { createModel } from '../../../../src/core/models/networks/create-model';
import { modelParameters } from '../../../../src/core/models/networks/model-schema';
import { trainRun } from '../../../../src/core/training/train-run';
import { writeArrays, writeOnnxModel } from '../../../support/tiny-models';
import { requested } from '../../attacks/named';
import { temporaryRoot, tinyDataset, tinyExperiment } from '../../training/tiny-task';
import { deviceWith, skipWithoutWebGpu } from '../engine-fixture';

const SIDE = 16;
const inputs = [{ dtype: 'float32', shape: [2, SIDE, SIDE, 3] }] as const;

/** A small residual network, whose convolutions of stride 2 are of 8 and 16 channels. */
function residual(): { network: (x: tf.Tensor) => tf.Tensor[]; inputs: typeof inputs } {
  const model = createModel(modelParameters.parse({ name: 'resnet', blocks: [1, 1], width: 8 }), {
    inputShape: [SIDE, SIDE, 3],
    classes: 3,
    seed: 1,
    normalization: { mean: [0.5, 0.5, 0.5], std: [0.25, 0.25, 0.25] },
  });
  return {
    network: (x) => [forward(model, x, { batchNorm: 'eval', updateStatistics: false })],
    inputs,
  };
}

/** A CPU that says it is a GPU, and that it computes some programs of layers otherwise. */
class StandIn {
  readonly programs: string[] = [];
  disposed = 0;

  constructor(
    private readonly cpu: Device,
    private readonly spoil: (results: NdArray[], inputs: readonly ProgramInput[]) => void = () => undefined,
  ) {}

  get device(): Device {
    const { cpu } = this;
    return {
      name: 'onnx-cuda',
      description: 'a stand-in',
      details: { provider: 'CUDAExecutionProvider', versions: {} },
      fallbacks: () => [],
      compile: (name, program) => {
        const compiled = cpu.compile(name, program);
        return {
          ...compiled,
          run: async (...given) => {
            this.programs.push(name);
            const results = await compiled.run(...given);
            if (name.startsWith('check-')) this.spoil(results, given);
            return results;
          },
        };
      },
      synchronize: () => cpu.synchronize(),
      dispose: () => {
        this.disposed++;
        return Promise.resolve();
      },
    };
  }
}

/** Adds to one number of a result. */
function bend(result: NdArray | undefined): void {
  assert.ok(result?.dtype === 'float32');
  result.data[0] = (result.data[0] ?? 0) * 1.5 + 10;
}

/** Bends the gradient in the filter of a convolution with this filter. */
const wrongFilterGradient =
  (...filter: readonly number[]) =>
  (results: NdArray[], [, given]: readonly ProgramInput[]): void => {
    if (given?.shape.join() === filter.join()) bend(results[2]);
  };

describe("the check of a GPU at a network's own shapes", () => {
  let cpu: Device;
  let other: Device;
  before(async () => {
    cpu = await deviceWith('portable');
    other = await deviceWith('blocked');
  });

  it('finds every layer of a network, each once', () => {
    const { network } = residual();
    const layers = layersOf(network, inputs);
    const filters = layers.flatMap(({ kernel, inputs: { filter } }) =>
      kernel === 'Conv2D' ? [filter?.join()] : [],
    );
    assert.deepEqual(filters, ['3,3,3,8', '3,3,8,8', '3,3,8,16', '3,3,16,16', '1,1,8,16']);
    const kernels = new Set(layers.map(({ kernel }) => kernel));
    assert.deepEqual([...kernels].sort(), ['BatchMatMul', 'BatchNorm', 'Conv2D', 'Mean']);
    assert.equal(new Set(layers.map((layer) => JSON.stringify(layer))).size, layers.length);
  });

  it('agrees where two devices compute the same, in another layout', async () => {
    const { network } = residual();
    const pools: Layer[] = [
      {
        kernel: 'MaxPool',
        inputs: { x: [2, 6, 6, 5] },
        attributes: { filterSize: 3, strides: 2, pad: 'same' },
      },
      {
        kernel: 'LRN',
        inputs: { x: [1, 3, 3, 8] },
        attributes: { depthRadius: 2, bias: 1, alpha: 1, beta: 0.5 },
      },
    ];
    await checkLayers(other, cpu, [...layersOf(network, inputs), ...pools]);
    await checkDevice(other, cpu);
  });

  it('names the layer that is computed otherwise, and takes the CPU in its place', async () => {
    const wrong = new StandIn(cpu, wrongFilterGradient(3, 3, 8, 16));
    await checkDevice(wrong.device, cpu);
    const taken = await soundDevice(wrong.device, { ...residual(), isShared: false }, { threads: 1 });
    assert.equal(taken.name, 'onnx-cpu');
    assert.equal(taken.details.insteadOf?.name, 'onnx-cuda');
    const { reason } = taken.details.insteadOf;
    assert.match(reason, /Conv2D \(x 2x16x16x8, filter 3x3x8x16, strides \[2,2\], .*its gradient in filter/);
    assert.equal(wrong.disposed, 1);
    await taken.dispose();
  });

  it('takes what fails, or is no number, for computed otherwise', async () => {
    const nothing = new StandIn(cpu, ([y]) => y?.data.fill(NaN));
    const failing = new StandIn(cpu, () => {
      throw new Error('lost the device');
    });
    for (const [{ device }, why] of [
      [nothing, /its output differs from the CPU's by Infinity/],
      [failing, /lost the device/],
    ] as const) {
      const taken = await soundDevice(device, { ...residual(), isShared: true }, { threads: 1 });
      assert.match(taken.details.insteadOf?.reason ?? '', why);
      await taken.dispose();
    }
    assert.equal(nothing.disposed, 0, 'it is shared');
  });

  it('looks at each layer once, and at a CPU not at all', async () => {
    const right = new StandIn(cpu);
    const { device } = right;
    const options = { threads: 1 };
    assert.equal(await soundDevice(device, { ...residual(), isShared: false }, options), device);
    const { length } = right.programs;
    assert.ok(length > 8, `${length} programs`);
    assert.equal(await soundDevice(device, { ...residual(), isShared: false }, options), device);
    assert.equal(right.programs.length, length);
    const network = (): tf.Tensor[] => assert.fail('a CPU user pays for it');
    assert.equal(await soundDevice(cpu, { network, inputs, isShared: false }, options), cpu);
  });

  it('is a part of the general test as well: strides, and first convolutions of many channels', async () => {
    for (const filter of [
      [3, 3, 6, 4],
      [7, 7, 4, 8],
      [1, 1, 16, 32],
    ]) {
      const { device } = new StandIn(cpu, wrongFilterGradient(...filter));
      await assert.rejects(checkDevice(device, cpu), new RegExp(`filter ${filter.join('x')}.*in filter`));
    }
  });

  it('agrees with a GPU', async function () {
    await skipWithoutWebGpu.call(this);
    const device = await deviceWith('webgpu');
    const taken = await soundDevice(device, { ...residual(), isShared: true }, { threads: 1 });
    assert.equal(taken, device, taken.details.insteadOf?.reason);
  });
});

describe('a run on a GPU that computes a layer of its network otherwise', () => {
  let root = '';
  let cpu: Device;
  const { signal } = new AbortController();
  const shared = { signal, onEvent: () => undefined };
  before(async () => {
    root = await temporaryRoot();
    cpu = await deviceWith('portable');
  });
  after(() => rm(root, { recursive: true, maxRetries: 5 }));

  it('trains on the CPU instead, and its record says why', async () => {
    const wrong = new StandIn(cpu, wrongFilterGradient(3, 3, 4, 4));
    const { device } = wrong;
    const dataset = tinyDataset(16, 6);
    const experiment = tinyExperiment({ threads: 1 });
    const record = await trainRun({ ...shared, experiment, root, resources: { dataset, device } });
    assert.deepEqual([record.status, record.device], ['done', 'onnx-cpu']);
    assert.equal(record.deviceDetails?.insteadOf?.name, 'onnx-cuda');
    assert.deepEqual(record.deviceDetails.fallbacks, []);
    assert.equal(wrong.disposed, 0, 'it belongs to the caller');
    assert.ok(
      wrong.programs.every((name) => name.startsWith('check-')),
      wrong.programs.join(),
    );
  });

  it('attacks on the CPU instead, to the same results, and its record says why', async () => {
    const checkpoint = await writeOnnxModel(path.join(root, 'colours.onnx'));
    const task: Omit<AttackRunOptions, 'resources'> = {
      ...{ ...shared, root, checkpoint, arrays: await writeArrays(root, 6), seed: 0 },
      ...{ attacks: [requested({ name: 'pgd', epsilon: 0.02, steps: 2 })], threads: 1, device: 'onnx-cpu' },
    };
    const wrong = new StandIn(cpu, ([y]) => {
      bend(y);
    });
    const { record, report } = await attackRun({ ...task, resources: { device: wrong.device } });
    assert.equal(record.device, 'onnx-cpu');
    assert.equal(record.deviceDetails?.insteadOf?.name, 'onnx-cuda');
    const expected = await attackRun({ ...task, resources: { device: cpu } });
    assert.equal(report.robustAccuracy, expected.report.robustAccuracy);

    const lines: string[] = [];
    const table = await evaluateExamples({
      ...{ checkpoints: [checkpoint], runs: [{ root, id: record.id }], signal, threads: 1, device: 'auto' },
      ...{ onProgress: () => undefined, onLog: (text) => lines.push(text), openedDevice: wrong.device },
    });
    assert.deepEqual(
      table.rows.map(({ device, isSource }) => [device, isSource]),
      [['onnx-cpu', true]],
    );
    assert.match(lines.join('\n'), /onnx-cpu computes instead of onnx-cuda: It computes a layer/);
    assert.equal(expected.record.deviceDetails?.insteadOf, undefined);
  });
});
