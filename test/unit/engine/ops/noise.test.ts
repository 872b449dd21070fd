import assert from 'node:assert/strict';
import * as tf from '@tensorflow/tfjs';
import type { Device } from '../../../../src/core/engine/devices/device';
import type { Program } from '../../../../src/core/engine/tracing/program';
import type { NdArray } from '../../../../src/core/engine/arrays/nd-array';
import { clearPool } from '../../../../src/core/engine/devices/onnx-device';
import {
  drawNormal,
  drawUniform,
  NoiseSource,
  noiseSeed,
  withNoise,
} from '../../../../src/core/engine/ops/noise';
import { repeat } from '../../../../src/core/engine/ops/repeat';
import { deviceWith, eager, layouts, noise, runOn } from '../engine-fixture';

const devices: readonly (readonly [string, () => Promise<Device>])[] = [
  ...layouts.map((layout) => [layout, () => deviceWith(layout)] as const),
  ['tfjs-cpu', () => Promise.resolve(eager)],
];

const values = (arrays: readonly NdArray[]): number[][] => arrays.map(({ data }) => Array.from(data));

function moments(numbers: readonly number[]): { mean: number; deviation: number } {
  const mean = numbers.reduce((sum, value) => sum + value, 0) / numbers.length;
  const variance = numbers.reduce((sum, value) => sum + (value - mean) ** 2, 0) / numbers.length;
  return { mean, deviation: Math.sqrt(variance) };
}

for (const [name, open] of devices) {
  describe(`random numbers in programs (${name})`, () => {
    let device: Device;
    before(async () => {
      device = await open();
    });

    const draw = (program: Program, seed = 1): Promise<NdArray[]> => {
      const source = new NoiseSource(seed);
      return runOn(device, 'draw', (...inputs) => withNoise(source, () => program(...inputs)), [noise([2])]);
    };

    it('are normal with a mean and a deviation, or uniform between two ends', async () => {
      const shape = [8, 10, 9, 20];
      const [normal = [], uniform = []] = values(
        await draw(() => [drawNormal(shape, 2, 3), drawUniform(shape, -1, 3)]),
      );
      assert.equal(normal.length, 14_400);
      const [first, second] = [moments(normal), moments(uniform)];
      // Five standard errors.
      assert.ok(Math.abs(first.mean - 2) < 0.125, String(first.mean));
      assert.ok(Math.abs(first.deviation - 3) < 0.09, String(first.deviation));
      assert.ok(Math.abs(second.mean - 1) < 0.05, String(second.mean));
      assert.ok(Math.abs(second.deviation - 4 / Math.sqrt(12)) < 0.03, String(second.deviation));
      assert.ok(uniform.every((value) => value >= -1 && value <= 3));
    });

    it('have any shape, and differ from tensor to tensor', async () => {
      const shapes = [[], [1], [5], [2, 3], [2, 4, 3, 5], [2, 4, 3, 5]];
      const drawn = await draw(() => shapes.map((shape) => drawNormal(shape)));
      assert.deepEqual(
        drawn.map(({ shape }) => shape),
        shapes,
      );
      const [four, again] = drawn.slice(-2).map(({ data }) => Array.from(data));
      assert.ok(four?.every((value, i) => value !== again?.[i]));
    });

    it('are drawn anew in each run, and are those of the seed', async () => {
      const source = new NoiseSource(7);
      const program: Program = () => [withNoise(source, () => drawNormal([2, 3, 3, 2]))];
      const compiled = device.compile('again', program);
      const first = Array.from((await compiled.run(noise([1])))[0]?.data ?? []);
      const second = Array.from((await compiled.run(noise([1])))[0]?.data ?? []);
      await compiled.dispose();
      assert.ok(first.every((value, i) => value !== second[i]));
      const drawn: number[][] = [];
      for (const seed of [3, 3, 4]) {
        // A compiled graph goes on with its numbers for as long as its session is kept.
        await clearPool();
        drawn.push(...values(await draw(() => [drawNormal([40])], seed)));
      }
      const [one, same, other] = drawn;
      assert.deepEqual(one, same);
      assert.notDeepEqual(one, other);
    });

    it('are drawn anew in each round of a loop, and nothing that depends on them is taken out of it', async () => {
      const [rounds = []] = values(
        await draw(() => {
          const [sums] = repeat(
            6,
            [tf.zeros([6]), tf.scalar(0)],
            ([kept = tf.zeros([6]), round = tf.scalar(0)]) => {
              const drawn = tf.mean(tf.square(drawUniform([2, 3, 3, 2], 1, 2)));
              const here = tf.cast(tf.equal(tf.range(0, 6), round), 'float32');
              return [tf.add(kept, tf.mul(here, drawn)), tf.add(round, 1)];
            },
          );
          return [sums ?? tf.zeros([6])];
        }),
      );
      assert.equal(new Set(rounds).size, 6);
      assert.ok(rounds.every((value) => value > 1 && value < 4));
    });

    it('are constants to a gradient, the same ones as in its value', async () => {
      const x = noise([2, 4, 4, 3]);
      const compiled = device.compile('gradient', (image) => {
        const both = tf.valueAndGrad((z) => {
          const noisy = tf.add(z, drawNormal(z.shape, 0, 0.3));
          return tf.concat<tf.Scalar>([tf.reshape(tf.sum(tf.square(noisy)), [1]), tf.reshape(noisy, [-1])]);
        })(image, tf.concat<tf.Scalar>([tf.ones([1]), tf.zeros([96])]));
        return [both.grad, tf.slice(both.value, [1], [96])];
      });
      const [gradient, noisy] = await compiled.run(x);
      await compiled.dispose();
      assert.ok(gradient && noisy);
      assert.ok(noisy.data.some((value, i) => Math.abs(value - (x.data[i] ?? 0)) > 0.1));
      for (const [i, value] of gradient.data.entries())
        assert.ok(Math.abs(value - 2 * (noisy.data[i] ?? NaN)) < 1e-5);
    });
  });
}

describe('noiseSeed', () => {
  it('tells seeds, programs and tensors apart, in 24 bits', () => {
    const seeds = [0, 1, 2, 3].flatMap((seed) =>
      ['classify', 'pgd-steps', 'apgd-steps'].flatMap((program) =>
        Array.from({ length: 50 }, (_, index) => noiseSeed(seed, program, index)),
      ),
    );
    assert.equal(new Set(seeds).size, seeds.length);
    assert.ok(seeds.every((seed) => Number.isInteger(seed) && seed >= 0 && seed < 2 ** 24));
    assert.deepEqual(Array.from(Float32Array.from(seeds)), seeds);
  });
});
