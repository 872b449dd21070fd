import assert from 'node:assert/strict';
import * as tf from '@tensorflow/tfjs';
import { createDeepFool } from '../../../../src/core/attacks/minimal-norm/deepfool';
import { deepFoolParameters } from '../../../../src/core/attacks/minimal-norm/deepfool-definition';
import type { Device } from '../../../../src/core/engine/devices/device';
import { readArray } from '../../../../src/core/engine/arrays/device-array';
import { float32 } from '../../../../src/core/engine/arrays/nd-array';
import { contextOf } from '../context';
import { testDevices } from '../devices';
import { imageNorms, linearVictim, ownLabels } from '../linear-victim';

for (const { name, open } of testDevices) {
  describe(`deepfool on ${name}`, () => {
    let device: Device;
    before(async () => {
      device = await open();
    });
    after(() => device.dispose());

    for (const norm of ['l2', 'linf'] as const) {
      it(`takes a linear network's nearest boundary in one step (${norm})`, async () => {
        const linear = linearVictim(device, 4);
        // Around the middle, where no pixel meets the ends of its range.
        const images = float32(
          Float32Array.from({ length: 8 * 12 }, (_, i) => 0.5 + 0.05 * Math.sin(i * i)),
          [8, 2, 3, 2],
        );
        const labels = await ownLabels(linear.victim, images);
        const attack = createDeepFool(
          linear.victim,
          deepFoolParameters.parse({ name: 'deepfool', norm, steps: 1 }),
        );
        const found = await readArray(await attack.perturb({ images, labels }, contextOf(labels.length)));
        await attack.dispose();
        for (const [n, length] of imageNorms(images, found, norm).entries()) {
          const shortest = linear.distance(images, n, norm);
          // 1e-4 beyond the boundary, and then stretched by 1.02.
          const expected = 1.02 * (shortest + 1e-4);
          assert.ok(Math.abs(length - expected) < 2e-5, `image ${n}: ${length} is not ${expected}`);
        }
        const after = await ownLabels(linear.victim, found);
        assert.ok(after.every((label, n) => label !== labels[n]));
      });
    }

    for (const scale of [1e37, 1e-25]) {
      for (const norm of ['l2', 'linf'] as const) {
        it(`does not depend on the size of the logits: ${scale} times as large (${norm})`, async () => {
          const { victim } = linearVictim(device, 4, [6, 6, 3]);
          const images = float32(
            Float32Array.from({ length: 8 * 108 }, (_, i) => 0.5 + 0.05 * Math.sin(i * i)),
            [8, 6, 6, 3],
          );
          const labels = await ownLabels(victim, images);
          const scaled = { ...victim, logits: (x: tf.Tensor) => tf.mul(victim.logits(x), scale) };
          const sizes = await Promise.all(
            [victim, scaled].map(async (one) => {
              const attack = createDeepFool(one, deepFoolParameters.parse({ name: 'deepfool', norm }));
              const found = await readArray(
                await attack.perturb({ images, labels }, contextOf(labels.length)),
              );
              await attack.dispose();
              return imageNorms(images, found, norm);
            }),
          );
          for (const [n, length] of (sizes[0] ?? []).entries()) {
            const other = sizes[1]?.[n] ?? NaN;
            assert.ok(
              length > 0 && Math.abs(other - length) < 1e-3 * length,
              `${n}: ${other}, not ${length}`,
            );
          }
        });
      }
    }
  });
}
