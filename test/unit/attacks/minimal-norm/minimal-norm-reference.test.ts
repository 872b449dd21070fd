import assert from 'node:assert/strict';
import type * as tf from '@tensorflow/tfjs';
import * as z from 'zod';
import { layersModelVictim } from '../../../../src/core/attacks/base/victim';
import type { Device } from '../../../../src/core/engine/devices/device';
import { readArray } from '../../../../src/core/engine/arrays/device-array';
import { float32 } from '../../../../src/core/engine/arrays/nd-array';
import vectors from '../../../reference/minimal-norm.json';
import { contextOf } from '../context';
import { testDevices } from '../devices';
import { setWeights, tinyNetwork } from '../tiny-network';
import { bound } from '../named';
import { storedAttack } from '../../../../src/core/attacks/parameters/stored-attack';

const array = z.object({ shape: z.array(z.int()), data: z.array(z.number()) });
const reference = z
  .object({
    classes: z.int(),
    weights: z.array(array),
    images: array,
    labels: z.array(z.int()),
    cases: z.array(z.object({ parameters: storedAttack, adversarial: array })),
  })
  .parse(vectors);

/** Float32 against double precision, over all steps of an attack. A perturbation is at least 0.02 in some pixel. */
const TOLERANCE = 3e-4;

for (const { name, open } of testDevices) {
  describe(`minimal-norm attacks on ${name} agree with PyTorch, image by image`, () => {
    let device: Device;
    let model: tf.LayersModel;
    const images = float32(Float32Array.from(reference.images.data), reference.images.shape);
    const labels = Int32Array.from(reference.labels);

    before(async () => {
      device = await open();
      model = tinyNetwork(reference.classes);
      setWeights(model, reference.weights);
    });
    after(async () => {
      model.dispose();
      await device.dispose();
    });

    for (const { parameters, adversarial } of reference.cases) {
      it(JSON.stringify(parameters).replace(/["{}]/g, ''), async () => {
        const attack = await bound(layersModelVictim(device, model, 'eval'), parameters);
        const found = await readArray(await attack.perturb({ images, labels }, contextOf(labels.length)));
        assert.deepEqual([...found.shape], adversarial.shape);
        const worst = adversarial.data.reduce(
          (most, value, i) => Math.max(most, Math.abs(value - (found.data[i] ?? NaN))),
          0,
        );
        assert.ok(worst <= TOLERANCE, `differs by ${worst}`);
        await attack.dispose();
      });
    }
  });
}
