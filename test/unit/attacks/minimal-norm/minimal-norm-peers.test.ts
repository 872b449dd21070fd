import assert from 'node:assert/strict';
import * as tf from '@tensorflow/tfjs';
import * as z from 'zod';
import { layersModelVictim, type Victim } from '../../../../src/core/attacks/base/victim';
import type { Device } from '../../../../src/core/engine/devices/device';
import { readArray } from '../../../../src/core/engine/arrays/device-array';
import { openDevice } from '../../../../src/core/engine/devices/devices';
import { float32 } from '../../../../src/core/engine/arrays/nd-array';
import vectors from '../../../reference/minimal-norm-peers.json';
import { contextOf } from '../context';
import { imageNorms, ownLabels } from '../linear-victim';
import { setWeights } from '../tiny-network';
import { bound } from '../named';
import { storedAttack } from '../../../../src/core/attacks/parameters/stored-attack';

const sizes = z.array(z.number().nullable());
const reference = z
  .object({
    classes: z.int(),
    side: z.int(),
    weights: z.array(z.object({ shape: z.array(z.int()), data: z.array(z.number()) })),
    pixels: z.array(z.int()),
    labels: z.array(z.int()),
    cases: z.array(
      z.object({
        parameters: storedAttack,
        norm: z.enum(['linf', 'l2', 'l1', 'l0']),
        peers: z.record(z.string(), sizes),
      }),
    ),
  })
  .parse(vectors);

/** Float32 and the last steps of C&W; everything but C&W is within 1e-4. */
const CLOSE = 1.003;

describe('minimal-norm attacks against other libraries on a trained network', () => {
  let device: Device;
  let model: tf.LayersModel;
  let victim: Victim;
  const { side, classes } = reference;
  const labels = Int32Array.from(reference.labels);
  const images = float32(
    Float32Array.from(reference.pixels, (value) => value / 255),
    [labels.length, side, side, 3],
  );

  before(async () => {
    device = await openDevice('onnx-cpu', { threads: 1 });
    const convolution = { kernelSize: 3, padding: 'same', activation: 'relu' } as const;
    model = tf.sequential({
      layers: [
        tf.layers.conv2d({ inputShape: [side, side, 3], filters: 8, ...convolution }),
        tf.layers.maxPooling2d({ poolSize: 2 }),
        tf.layers.conv2d({ filters: 12, ...convolution }),
        tf.layers.flatten(),
        tf.layers.dense({ units: classes }),
      ],
    });
    setWeights(model, reference.weights);
    victim = layersModelVictim(device, model, 'eval');
  });
  after(async () => {
    model.dispose();
    await device.dispose();
  });

  for (const { parameters, norm, peers } of reference.cases) {
    const title = JSON.stringify(parameters).replace(/["{}]/g, '');
    it(`${title}: fools as many, with perturbations as small`, async () => {
      const attack = await bound(victim, parameters);
      const found = await readArray(await attack.perturb({ images, labels }, contextOf(labels.length)));
      await attack.dispose();
      const predictions = await ownLabels(victim, found);
      const own = imageNorms(images, found, norm).map((length, n) =>
        predictions[n] === labels[n] ? null : length,
      );
      for (const [peer, theirs] of Object.entries(peers)) {
        assert.ok(count(own) >= count(theirs), `${peer} fools ${count(theirs)}, not ${count(own)}`);
        assert.ok(median(own) <= CLOSE * median(theirs), `${peer}: ${median(theirs)}, not ${median(own)}`);
        // JSMA aims at another class here than there.
        if (parameters.name === 'jsma') continue;
        const longer = theirs.filter((value, n) => (own[n] ?? Infinity) > CLOSE * (value ?? Infinity));
        assert.deepEqual(longer, [], `${peer} finds smaller ones`);
      }
    });
  }
});

function count(values: readonly (number | null)[]): number {
  return values.filter((value) => value !== null).length;
}

/** Images that are not fooled count as infinitely far. */
function median(values: readonly (number | null)[]): number {
  const sorted = values.map((value) => value ?? Infinity).sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Infinity;
}
