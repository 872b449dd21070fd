import assert from 'node:assert/strict';
import * as tf from '@tensorflow/tfjs';
import { balls, nearestImage } from '../../../../src/core/attacks/budget/ball';
import { float32 } from '../../../../src/core/engine/arrays/nd-array';
import { Random } from '../../../../src/core/random';
import { testDevices } from '../devices';

/** Sum of |delta| with each value cut to its room after `amount` was taken off. */
function kept(sizes: readonly number[], room: readonly number[], amount: number): number[] {
  return sizes.map((size, i) => Math.min(Math.max(size - amount, 0), room[i] ?? 0));
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

for (const { name, open } of testDevices) {
  describe(`l1 ball (${name})`, () => {
    it('projects on the ball within [0, 1]: the amount taken off is the same for all values', async () => {
      const device = await open();
      const random = Random.keyed(2, 'l1');
      const shape = [8, 4, 5, 2];
      const images = Float32Array.from({ length: 320 }, () => random.uniform());
      const moved = images.map((x, i) => x + (i < 40 ? 0.01 : 0.4) * random.normal());
      const program = device.compile('project', (x, y) => [nearestImage('l1', x, y, 1.5)]);
      const [found] = await program.run(float32(images, shape), float32(moved, shape));
      for (let n = 0; n < 8; n++) {
        const at = Array.from({ length: 40 }, (_, i) => 40 * n + i);
        const delta = at.map((i) => (moved[i] ?? 0) - (images[i] ?? 0));
        const room = at.map((i, k) => ((delta[k] ?? 0) > 0 ? 1 - (images[i] ?? 0) : (images[i] ?? 0)));
        const sizes = delta.map(Math.abs);
        let amount = 0;
        if (sum(kept(sizes, room, 0)) > 1.5) {
          let [low, high] = [0, Math.max(...sizes)];
          for (let step = 0; step < 60; step++) {
            const middle = (low + high) / 2;
            if (sum(kept(sizes, room, middle)) > 1.5) low = middle;
            else high = middle;
          }
          amount = high;
        }
        const expected = kept(sizes, room, amount).map(
          (size, k) => (images[at[k] ?? 0] ?? 0) + Math.sign(delta[k] ?? 0) * size,
        );
        for (const [k, value] of expected.entries())
          assert.ok(Math.abs(value - (found?.data[at[k] ?? 0] ?? NaN)) < 1e-5, `image ${n}, value ${k}`);
      }
      // The first image was inside: it stays as it is.
      assert.ok(
        images
          .subarray(0, 40)
          .every(
            (_, i) => Math.abs((found?.data[i] ?? NaN) - Math.min(1, Math.max(0, moved[i] ?? 0))) < 1e-6,
          ),
      );
      await program.dispose();
      await device.dispose();
    });

    it('a step moves the values with the largest gradients, by 1 in all', async () => {
      const device = await open();
      const gradient = new Float32Array(2 * 300).fill(0.1);
      gradient[5] = -9;
      gradient[17] = 3;
      gradient[200] = 2;
      const program = device.compile('direction', (g) => [balls.l1.direction(g)]);
      const [direction] = await program.run(float32(gradient, [2, 10, 10, 3]));
      const values = Array.from(direction?.data.subarray(0, 300) ?? []);
      assert.deepEqual(
        values.flatMap((value, i) => (value === 0 ? [] : [i])),
        [5, 17, 200],
      );
      assert.ok(Math.abs((values[5] ?? 0) + 1 / 3) < 1e-6 && Math.abs((values[17] ?? 0) - 1 / 3) < 1e-6);
      // Where all are equal, all move.
      assert.ok(Math.abs(sum(Array.from(direction?.data.subarray(300) ?? [])) - 1) < 1e-5);
      await program.dispose();
      await device.dispose();
    });
  });
}

describe('gradient of zero', () => {
  it('moves nothing in any norm', () => {
    for (const ball of Object.values(balls)) {
      const direction = tf.tidy(() => ball.direction(tf.zeros([2, 3, 3, 1])).dataSync());
      assert.ok(direction.every((value) => value === 0));
    }
  });
});
