import assert from 'node:assert/strict';
import * as tf from '@tensorflow/tfjs';
import * as z from 'zod';
import { ApgdSearch } from '../../../../src/core/attacks/gradient/apgd-search';
import { lossNames, losses } from '../../../../src/core/attacks/base/losses';
import type { Victim } from '../../../../src/core/attacks/base/victim';
import { oneHot } from '../../../../src/core/data/batch';
import type { Device } from '../../../../src/core/engine/devices/device';
import { readArray } from '../../../../src/core/engine/arrays/device-array';
import vectors from '../../../reference/gradient_attacks.json';
import { deviceWith, skipWithoutWebGpu } from '../../engine/engine-fixture';
import { contextOf } from '../context';
import { testDevices } from '../devices';
import { bound } from '../named';
import { assertClose, classes, images, labels, referenceVictim, stored } from './reference-network';
import { storedAttack } from '../../../../src/core/attacks/parameters/stored-attack';

const lossName = z.enum(lossNames);
const reference = z
  .object({
    losses: z.object({
      logits: stored,
      labels: z.array(z.int()),
      targets: z.array(z.int()),
      cases: z.array(z.object({ name: lossName, values: stored, gradient: stored })),
    }),
    pgd: z.array(z.object({ parameters: storedAttack, adversarial: stored })),
    apgd: z.array(
      z.object({
        norm: z.enum(['linf', 'l2', 'l1']),
        loss: lossName,
        epsilon: z.number(),
        steps: z.int(),
        targets: z.array(z.int()),
        noise: stored,
        adversarial: stored,
        fooled: z.array(z.boolean()),
      }),
    ),
  })
  .parse(vectors);
const { signal } = new AbortController();

for (const { name, open } of testDevices) {
  describe(`gradient attacks on ${name} agree with PyTorch, image by image`, () => {
    let device: Device;
    let victim: Victim;

    before(async () => {
      device = await open();
      victim = referenceVictim(device);
    });
    after(() => device.dispose());

    for (const { name: lossName, values, gradient } of reference.losses.cases) {
      it(`${lossName} loss, value and gradient`, async () => {
        const { logits, labels: truth, targets } = reference.losses;
        const program = device.compile('loss', (logits, labels, targets) => {
          const loss = (z: tf.Tensor): tf.Tensor => losses[lossName](z, { labels, targets });
          return [loss(logits), tf.grad((z) => tf.sum(loss(z)))(logits)];
        });
        const outputs = await program.run(logits, oneHot(truth, classes), oneHot(targets, classes));
        assertClose(outputs[0]?.data, values.data, 1e-5);
        assertClose(outputs[1]?.data, gradient.data, 1e-5);
        await program.dispose();
      });
    }

    for (const { parameters, adversarial } of reference.pgd) {
      it(JSON.stringify(parameters), async () => {
        const attack = await bound(victim, parameters);
        const found = await attack.perturb({ images, labels }, contextOf(labels.length));
        assertClose((await readArray(found)).data, adversarial.data, 2e-5);
        await attack.dispose();
      });
    }

    for (const { norm, loss, epsilon, steps, targets, noise, adversarial, fooled } of reference.apgd) {
      it(`apgd ${norm} ${loss}, eps ${epsilon}, ${steps} steps`, async () => {
        const options = { norm, loss: losses[loss], epsilon, steps, eotSamples: 1 };
        const start = {
          images,
          noise,
          labels: oneHot(labels, classes),
          targets: oneHot(targets, classes),
        };
        // However the steps are divided into calls: all between two checkpoints, or one at a time.
        for (const secondsPerCall of [1000, 0]) {
          const search = new ApgdSearch(victim, options, secondsPerCall);
          const found = await search.run(start, signal);
          assertClose(found.data, adversarial.data, 1e-3);
          await search.dispose();
          const program = device.compile('answers', (x) => [victim.logits(x)]);
          const [logits] = await program.run(found);
          assert.ok(logits);
          const answers = Array.from(labels, (_, n) =>
            largestAt(logits.data.subarray(n * classes, (n + 1) * classes)),
          );
          assert.deepEqual(
            answers.map((answer, n) => answer !== labels[n]),
            fooled,
          );
          await program.dispose();
        }
      });
    }
  });
}

describe('Auto-PGD on WebGPU, whose state stays on the device, agrees with PyTorch', function () {
  this.timeout(120_000);
  before(skipWithoutWebGpu);

  it('linf', async () => {
    const vector = reference.apgd.find(({ norm }) => norm === 'linf');
    assert.ok(vector);
    const { norm, loss, epsilon, steps, noise, targets, adversarial } = vector;
    const device = await deviceWith('webgpu');
    const options = { norm, loss: losses[loss], epsilon, steps, eotSamples: 1 };
    const search = new ApgdSearch(referenceVictim(device), options);
    const rows = { labels: oneHot(labels, classes), targets: oneHot(targets, classes) };
    assertClose((await search.run({ images, noise, ...rows }, signal)).data, adversarial.data, 1e-3);
    await search.dispose();
  });
});

function largestAt(row: ArrayLike<number>): number {
  return Array.from(row).reduce((best, value, k, all) => (value > (all[best] ?? NaN) ? k : best), 0);
}
