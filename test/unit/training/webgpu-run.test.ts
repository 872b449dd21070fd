import assert from 'node:assert/strict';
import { rm } from 'node:fs/promises';
import path from 'node:path';
import type { Device } from '../../../src/core/engine/devices/device';
import { loadLayersModel } from '../../../src/core/models/layers-model/layers-model-file';
import { deviceRecordOf } from '../../../src/core/runs/device-reporter';
import type { RunRecord } from '../../../src/core/records/run-files';
import { readRun, runDirectory } from '../../../src/core/runs/run-store';
import { trainRun } from '../../../src/core/training/train-run';
import { deviceWith, skipWithoutWebGpu } from '../engine/engine-fixture';
import { observed, temporaryRoot, tinyDataset, tinyExperiment } from './tiny-task';

const dataset = tinyDataset(16, 6);
/** Two epochs of two steps, with a checkpoint and an evaluation between them. */
const experiment = tinyExperiment({
  model: { name: 'small-cnn', widths: [4, 4, 4, 4], hidden: 4 },
  method: { name: 'm2at', steps: 2 },
  evaluation: {
    during: { count: 6, attacks: [{ name: 'pgd', steps: 2 }] },
    final: { count: 6, attacks: [{ name: 'pgd', steps: 2 }] },
  },
  samples: { count: 2, everySteps: 100 },
});

describe('trainRun on a GPU, where weights stay between the steps', () => {
  let root: string;
  before(skipWithoutWebGpu);
  beforeEach(async () => {
    root = await temporaryRoot();
  });
  afterEach(() => rm(root, { recursive: true }));

  const train = (
    device: Device,
    signal = new AbortController().signal,
    resume?: string,
  ): Promise<RunRecord> =>
    trainRun({ experiment, root, signal, onEvent: () => undefined, resources: { dataset, device }, resume });

  it('saves what a CPU would, also when it was stopped and resumed, and names its device', async function () {
    this.timeout(120_000);
    const device = await deviceWith('webgpu');
    const controller = new AbortController();
    const stopping = observed(device, (program, count) => {
      if (program === 'train-step' && count === 3) controller.abort();
    });
    const stopped = await train(stopping, controller.signal);
    assert.equal(stopped.status, 'stopped');
    const resumed = await train(device, undefined, stopped.id);
    assert.equal(resumed.status, 'done');
    const expected = await train(await deviceWith('portable'));
    await assertAlike(resumed.id, expected.id);

    assert.equal(resumed.device, 'onnx-webgpu');
    assert.ok(resumed.deviceDetails);
    const { fallbacks, ...details } = resumed.deviceDetails;
    const { fallbacks: all, ...wanted } = deviceRecordOf(device);
    assert.deepEqual(details, wanted);
    assert.ok(details.adapter);
    // What fell back in the device's own checks, and in the run before, is not this one's.
    assert.ok(all.length > 0);
    assert.deepEqual(
      fallbacks.filter(({ program }) => program === 'kernel cases'),
      [],
    );
  });

  /** The weights of the last checkpoints, and the accuracies, of two runs. */
  async function assertAlike(actual: string, expected: string): Promise<void> {
    const [first, second] = [await weightsOf(actual), await weightsOf(expected)];
    assert.equal(first.length, second.length);
    for (const [n, weights] of first.entries()) {
      const worst = Math.max(...weights.map((value, i) => Math.abs(value - (second[n]?.[i] ?? NaN))));
      assert.ok(worst < 1e-3, `weight ${n} differs by ${worst}`);
    }
    const losses = async (id: string): Promise<number[]> =>
      (await readRun(root, id)).rows.flatMap((row) => (row.loss === null ? [] : [row.loss]));
    const [a, b] = [(await losses(actual)).at(-1) ?? NaN, (await losses(expected)).at(-1) ?? NaN];
    assert.ok(Math.abs(a - b) < 1e-3, `final losses ${a} and ${b}`);
  }

  async function weightsOf(id: string): Promise<Float32Array[]> {
    const { model } = await loadLayersModel(path.join(runDirectory(root, id), 'checkpoints', 'last'));
    const weights = model.weights.map((weight) => Float32Array.from(weight.read().dataSync()));
    model.dispose();
    return weights;
  }
});
