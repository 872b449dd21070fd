import assert from 'node:assert/strict';
import type * as tf from '@tensorflow/tfjs';
import { PgdSteps, type PgdSearch } from '../../../../src/core/attacks/gradient/pgd-steps';
import { layersModelVictim } from '../../../../src/core/attacks/base/victim';
import { oneHot } from '../../../../src/core/data/batch';
import type { Device } from '../../../../src/core/engine/devices/device';
import { openDevice } from '../../../../src/core/engine/devices/devices';
import { float32, type NdArray } from '../../../../src/core/engine/arrays/nd-array';
import { M2atError } from '../../../../src/core/errors';
import { Random } from '../../../../src/core/random';
import { drawRandomStart } from '../../../../src/core/attacks/budget/random-start';
import { observed } from '../../training/tiny-task';
import { oracle } from '../devices';
import { tinyImages, tinyNetwork } from '../tiny-network';

const never = new AbortController().signal;
const parameters = { norm: 'linf', epsilon: 0.1, stepSize: 0.02, steps: 7, targeted: false } as const;

describe('the steps of PGD', () => {
  const { images, labels } = tinyImages(6);
  const start = drawRandomStart('linf', images.shape, 0.1, Array<Random>(6).fill(Random.keyed(1, 'start')));
  const search: PgdSearch = { images, start, targets: oneHot(labels, 5) };
  let model: tf.LayersModel;
  let device: Device;
  before(async () => {
    model = tinyNetwork();
    device = await openDevice('onnx-cpu', { threads: 1 });
  });
  after(async () => {
    model.dispose();
    await device.dispose();
  });

  /** The result, and the calls it took. */
  async function run(
    secondsPerCall: number,
    { on = device, times = 1, what = search } = {},
  ): Promise<{ found: NdArray<'float32'>; calls: number }> {
    let calls = 0;
    const counting = observed(on, () => calls++);
    const steps = new PgdSteps(layersModelVictim(counting, model, 'eval'), parameters, { secondsPerCall });
    let found = await (await steps.run(what, never)).read();
    for (let n = 1; n < times; n++) {
      calls = 0;
      found = await (await steps.run(what, never)).read();
    }
    await steps.dispose();
    return { found, calls };
  }

  it('give the same images however they are divided into calls', async () => {
    const together = await run(Infinity, { times: 2 });
    assert.equal(together.calls, 1, 'once the pace is known, all steps are one call');
    const single = await run(0, { times: 2 });
    assert.equal(single.calls, 7);
    const measured = await run(Infinity);
    assert.equal(measured.calls, 2, 'the first call, which compiles, takes one step');
    assert.deepEqual(single.found, together.found);
    assert.deepEqual(measured.found, together.found);
  });

  it('agree with eager steps, with and without a random start', async () => {
    for (const what of [search, { ...search, start: undefined }]) {
      const eager = await run(Infinity, { on: oracle(), what });
      const compiled = await run(Infinity, { what });
      const worst = Math.max(
        ...eager.found.data.map((x, i) => Math.abs(x - (compiled.found.data[i] ?? NaN))),
      );
      assert.ok(worst < 1e-6, `differs by ${worst}`);
      const moved = eager.found.data.map((x, i) => Math.abs(x - (images.data[i] ?? NaN)));
      assert.ok(Math.max(...moved) > 0.09);
    }
  });

  it('take other numbers of images with the same program', async () => {
    const three = float32(images.data.slice(0, 3 * 108), [3, 6, 6, 3]);
    const part = { images: three, targets: oneHot(labels.subarray(0, 3), 5) };
    const steps = new PgdSteps(layersModelVictim(device, model, 'eval'), parameters);
    const whole = await (await steps.run({ ...search, start: undefined }, never)).read();
    const found = await (await steps.run(part, never)).read();
    assert.deepEqual(found.shape, [3, 6, 6, 3]);
    const worst = Math.max(...found.data.map((x, i) => Math.abs(x - (whole.data[i] ?? NaN))));
    assert.ok(worst < 1e-6, `differs by ${worst}`);
    await steps.dispose();
  });

  it('are cancelled between two calls', async () => {
    const controller = new AbortController();
    let calls = 0;
    const stopping = observed(device, () => {
      if (++calls === 3) controller.abort();
    });
    const steps = new PgdSteps(layersModelVictim(stopping, model, 'eval'), parameters, { secondsPerCall: 0 });
    await assert.rejects(
      steps.run(search, controller.signal),
      (error) => error instanceof M2atError && error.code === 'cancelled',
    );
    assert.equal(calls, 3);
    await steps.dispose();
  });
});
