import assert from 'node:assert/strict';
import type * as tf from '@tensorflow/tfjs';
import * as z from 'zod';
import { layersModelVictim } from '../../../../src/core/attacks/base/victim';
import type { Device } from '../../../../src/core/engine/devices/device';
import { readArray } from '../../../../src/core/engine/arrays/device-array';
import { float32 } from '../../../../src/core/engine/arrays/nd-array';
import vectors from '../../../reference/attacks.json';
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
    logits: array,
    cases: z.array(z.object({ title: z.string(), parameters: storedAttack, adversarial: array })),
  })
  .parse(vectors);

for (const { name, open } of testDevices) {
  describe(`attacks on ${name} agree with PyTorch, image by image`, () => {
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

    it('gives the same logits', async () => {
      const victim = layersModelVictim(device, model, 'eval');
      const program = device.compile('logits', (x) => [victim.logits(x)]);
      const [logits] = await program.run(images);
      assert.ok(logits);
      assertClose(logits.data, reference.logits.data, 1e-4);
      await program.dispose();
    });

    for (const { title, parameters, adversarial } of reference.cases) {
      it(title, async () => {
        const attack = await bound(layersModelVictim(device, model, 'eval'), parameters);
        // Those of the reference are the next ones.
        const targetClasses = labels.map((label) => (label + 1) % (reference.logits.shape[1] ?? 1));
        const found = await attack.perturb({ images, labels, targetClasses }, contextOf(labels.length));
        assert.deepEqual([...found.shape], adversarial.shape);
        // A step is at least 0.007: one wrong sign anywhere would show.
        assertClose((await readArray(found)).data, adversarial.data, 2e-5);
        await attack.dispose();
      });
    }
  });
}

function assertClose(actual: ArrayLike<number>, expected: readonly number[], tolerance: number): void {
  assert.equal(actual.length, expected.length);
  const worst = expected.reduce((most, value, i) => Math.max(most, Math.abs(value - (actual[i] ?? NaN))), 0);
  assert.ok(worst <= tolerance, `differs by ${worst}`);
}
