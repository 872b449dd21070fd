import assert from 'node:assert/strict';
import * as tf from '@tensorflow/tfjs';
import { firstOnDevice } from '../../../../src/core/attacks/base/outputs';
import type { Victim } from '../../../../src/core/attacks/base/victim';
import { drawRandomStart } from '../../../../src/core/attacks/budget/random-start';
import {
  PgdSteps,
  type Objective,
  type PgdSearch,
  type PgdStepParameters,
} from '../../../../src/core/attacks/gradient/pgd-steps';
import type { Device } from '../../../../src/core/engine/devices/device';
import { float32, type NdArray } from '../../../../src/core/engine/arrays/nd-array';
import { Random } from '../../../../src/core/random';
import { testDevices } from '../devices';

const never = new AbortController().signal;
const [count, size, classes] = [3, 12, 4];
const random = Random.keyed(5, 'pgd-objective');
const weights = Array.from({ length: classes }, () => Array.from({ length: size }, () => random.normal()));
const images = float32(
  // Far from 0 and 1, so that nothing of a small step is clipped.
  Float32Array.from({ length: count * size }, () => 0.3 + 0.4 * random.uniform()),
  [count, 2, 2, 3],
);
const streams = Array.from({ length: count }, () => random);
const start = drawRandomStart('linf', images.shape, 0.05, streams);

/** z = W x, and tanh of that, so that the gradient is another one at each step. */
const logits = (x: tf.Tensor): tf.Tensor =>
  tf.mul(3, tf.tanh(tf.matMul(tf.reshape(x, [-1, size]), tf.tensor2d(weights), false, true)));

const kl: Objective = (z, target) =>
  tf.sum(tf.mul(target, tf.sub(tf.log(target), tf.logSoftmax(z as tf.Tensor2D))), -1);
const squaredError: Objective = (z, target) => tf.sum(tf.squaredDifference(tf.softmax(z), target), -1);

/** dL/dz of each, by hand. */
const slopes = {
  kl: (p: number[], t: number[]) => p.map((value, k) => value - (t[k] ?? NaN)),
  squaredError: (p: number[], t: number[]) => {
    const outer = p.map((value, k) => 2 * (value - (t[k] ?? NaN)));
    const mean = p.reduce((sum, value, k) => sum + value * (outer[k] ?? NaN), 0);
    return p.map((value, k) => value * ((outer[k] ?? NaN) - mean));
  },
};

function softmaxOf(x: readonly number[]): { probabilities: number[]; tanh: number[] } {
  const tanh = weights.map((row) =>
    Math.tanh(row.reduce((sum, weight, i) => sum + weight * (x[i] ?? NaN), 0)),
  );
  const powers = tanh.map((value) => Math.exp(3 * value));
  const total = powers.reduce((sum, value) => sum + value, 0);
  return { probabilities: powers.map((value) => value / total), tanh };
}

/** Where one L2 step of length 0.01 from the start leads. */
function stepByHand(kind: keyof typeof slopes, n: number): number[] {
  const clean = Array.from(images.data.subarray(n * size, (n + 1) * size));
  const at = clean.map((value, i) => value + (start.data[n * size + i] ?? NaN));
  const { probabilities, tanh } = softmaxOf(at);
  const slope = slopes[kind](probabilities, softmaxOf(clean).probabilities);
  const gradient = at.map((_, i) =>
    weights.reduce(
      (sum, row, k) => sum + (slope[k] ?? NaN) * 3 * (1 - (tanh[k] ?? NaN) ** 2) * (row[i] ?? NaN),
      0,
    ),
  );
  const length = Math.hypot(...gradient);
  return at.map((value, i) => value + (0.01 * (gradient[i] ?? NaN)) / length);
}

for (const { name, open } of testDevices) {
  describe(`the objective of PGD's steps (${name})`, () => {
    let device: Device;
    let victim: Victim;
    before(async () => {
      device = await open();
      victim = { device, classes, logits };
    });
    after(() => device.dispose());

    async function run(
      parameters: PgdStepParameters,
      objective: Objective | undefined,
      search: Omit<PgdSearch, 'images'>,
    ): Promise<NdArray<'float32'>> {
      const steps = new PgdSteps(victim, parameters, { objective });
      const found = await (await steps.run({ images, ...search }, never)).read();
      await steps.dispose();
      return found;
    }

    for (const [kind, objective] of [
      ['kl', kl],
      ['squaredError', squaredError],
    ] as const) {
      it(`is followed: ${kind} to probabilities that never left the device`, async () => {
        const probabilities = device.compile('probabilities', (x) => [tf.softmax(logits(x))]);
        const targets = firstOnDevice(await probabilities.runOnDevice(images));
        const step = { norm: 'l2', epsilon: 1, stepSize: 0.01, steps: 1, targeted: false } as const;
        const found = await run(step, objective, { start, targets });
        const descended = await run({ ...step, targeted: true }, objective, { start, targets });
        targets.release();
        await probabilities.dispose();
        for (let n = 0; n < count; n++) {
          for (const [i, value] of stepByHand(kind, n).entries()) {
            const place = n * size + i;
            assert.ok(Math.abs((found.data[place] ?? NaN) - value) < 2e-6, `${kind}: image ${n}, value ${i}`);
            const begun = (images.data[place] ?? NaN) + (start.data[place] ?? NaN);
            const mirrored = 2 * begun - value;
            assert.ok(Math.abs((descended.data[place] ?? NaN) - mirrored) < 2e-6, 'targeted: the other way');
          }
        }
      });
    }

    for (const norm of ['linf', 'l2', 'l1'] as const) {
      it(`is searched within a scaled ball by scaled steps (${norm})`, async () => {
        const parameters = { norm, epsilon: 0.2, stepSize: 0.07, steps: 5, targeted: false } as const;
        const targets = float32(
          Float32Array.from({ length: count * classes }, () => 1 / classes),
          [count, classes],
        );
        for (const momentum of [0, 0.9]) {
          const whole = await run({ ...parameters, momentum }, undefined, { start, targets });
          for (const scale of [0.3, 1]) {
            const scaled = await run({ ...parameters, momentum }, undefined, { start, targets, scale });
            const [epsilon, stepSize] = [scale * parameters.epsilon, scale * parameters.stepSize];
            const same = await run({ ...parameters, epsilon, stepSize, momentum }, undefined, {
              start,
              targets,
            });
            const worst = Math.max(...same.data.map((x, i) => Math.abs(x - (scaled.data[i] ?? NaN))));
            assert.ok(worst < 1e-6, `scale ${scale}: differs by ${worst}`);
            const moved = Math.max(...whole.data.map((x, i) => Math.abs(x - (scaled.data[i] ?? NaN))));
            assert.ok(scale === 1 ? moved < 1e-6 : moved > 1e-3, `scale ${scale}: ${moved} from unscaled`);
          }
        }
      });
    }
  });
}
