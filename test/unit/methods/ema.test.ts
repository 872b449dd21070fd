import assert from 'node:assert/strict';
import { readdir, readFile, rm } from 'node:fs/promises';
import path from 'node:path';
import * as tf from '@tensorflow/tfjs';
import { openDevice } from '../../../src/core/engine/devices/devices';
import { emaDecay } from '../../../src/core/methods/options/ema/ema-decay';
import { loadLayersModel } from '../../../src/core/models/layers-model/layers-model-file';
import type { RunRecord } from '../../../src/core/records/run-files';
import { runDirectory } from '../../../src/core/records/run-paths';
import { trainRun, type TrainRunOptions } from '../../../src/core/training/train-run';
import { temporaryRoot, tinyDataset, tinyExperiment } from '../training/tiny-task';

describe('the option ema', () => {
  it('has the decay of its warm-up, and then its own', () => {
    const decays = [1, 2, 3, 4, 12, 5000].map((step) => emaDecay(step, 2.5, 0.995));
    assert.deepEqual(decays, [0, 0, 1.5 / 10.5, 2.5 / 11.5, 10.5 / 19.5, 0.995]);
    assert.equal(emaDecay(2, 2, 0.5), 0.1);
  });

  const ema = { decay: 0.7, warmup: 0.2 };
  const schedule = { name: 'one-cycle', learningRate: 0.1 };
  const cases = {
    'beside another option': { options: { ema, awp: { warmup: 0.5 } } },
    'with accumulated gradients': {
      options: { ema, gradientClip: 1 },
      training: { epochs: 2, batchSize: 8, accumulate: 4, schedule },
    },
  };
  for (const [what, settings] of Object.entries(cases))
    it(`saves the average, trains the other network, and goes on to the bit ${what}`, () => goesOn(settings));

  async function goesOn(settings: object): Promise<void> {
    const [root, device] = [await temporaryRoot(), await openDevice('onnx-cpu', { threads: 1 })];
    const experiment = tinyExperiment({
      ...{ method: { name: 'pgd-at', steps: 1 }, samples: { count: 0 } },
      ...settings,
    });
    const resources = { dataset: tinyDataset(), device };
    const train = (signal: AbortSignal, onEvent: TrainRunOptions['onEvent'], resume?: string) =>
      trainRun({ experiment, root, signal, onEvent, resume, resources });
    /** Weights of the checkpoint, and the velocities with the trained network's weights. */
    const saved = async ({ id }: RunRecord): Promise<[Float32Array[], Buffer]> => {
      const folder = path.join(runDirectory(root, id), 'checkpoints', 'last');
      const { model } = await loadLayersModel(folder);
      const weights = model.weights.map((weight) => Float32Array.from(weight.read().dataSync()));
      model.dispose();
      const name = (await readdir(folder)).find((file) => file.startsWith('optimizer-')) ?? '';
      return [weights, await readFile(path.join(folder, name))];
    };
    const before = tf.memory().numTensors;
    const whole = await train(new AbortController().signal, () => undefined);
    assert.equal(tf.memory().numTensors, before);
    const stop = new AbortController();
    const stopped = await train(stop.signal, (_, event) => {
      if (event.type === 'metric' && event.row.step === 5) stop.abort();
    });
    assert.equal(stopped.status, 'stopped');
    const resumed = await train(new AbortController().signal, () => undefined, stopped.id);
    assert.deepEqual([whole.status, resumed.status], ['done', 'done']);
    const [average, state] = await saved(whole);
    assert.deepEqual(await saved(resumed), [average, state]);

    // The end of the state has the trained network's weights, in the same order.
    const size = average.reduce((sum, { length }) => sum + length, 0);
    const bytes = state.subarray(state.length - 4 * size);
    const trained = Float32Array.from({ length: size }, (_, i) => bytes.readFloatLE(4 * i));
    const averaged = average.flatMap((values) => [...values]);
    const apart = averaged.filter((value, i) => value !== trained[i]).length;
    assert.ok(apart > 0.9 * size, `${apart} of ${size} weights differ from the trained ones`);
    assert.ok(averaged.every((value, i) => Math.abs(value - (trained[i] ?? NaN)) < 1));
    await device.dispose();
    await rm(root, { recursive: true });
  }
});
