import assert from 'node:assert/strict';
import * as tf from '@tensorflow/tfjs';
import { checkNetwork } from '../../../../src/core/attacks/evaluation/check-network';
import { imageGradient, inputGradient, repaired } from '../../../../src/core/attacks/base/image-gradient';
import { PgdSteps } from '../../../../src/core/attacks/gradient/pgd-steps';
import { layersModelVictim, type Victim } from '../../../../src/core/attacks/base/victim';
import { oneHot } from '../../../../src/core/data/batch';
import type { Device } from '../../../../src/core/engine/devices/device';
import { float32, type NdArray } from '../../../../src/core/engine/arrays/nd-array';
import { deviceWith, eager, noise, skipWithoutWebGpu } from '../../engine/engine-fixture';
import { linearVictim, ownLabels } from '../linear-victim';
import { tinyImages, tinyNetwork } from '../tiny-network';

const devices: readonly [name: string, open: () => Promise<Device>, before?: typeof skipWithoutWebGpu][] = [
  ['tfjs-cpu', () => Promise.resolve(eager)],
  ['onnx-cpu', () => deviceWith('blocked')],
  ['onnx-webgpu', () => deviceWith('webgpu'), skipWithoutWebGpu],
];

for (const [name, open, prepare] of devices) {
  describe(`the gradient that attacks follow (${name})`, () => {
    let device: Device;
    before(async function () {
      await prepare?.call(this);
      device = await open();
    });

    it('counts infinite entries as the largest finite one of their image, and NaN as 0', async () => {
      const program = device.compile('repaired', (x) => [repaired(x)]);
      const images = [
        [Infinity, -Infinity, NaN, 2, -3, 0],
        [-Infinity, 1e-3, NaN, -0.5, 0.25, Infinity],
        [NaN, NaN, Infinity, -Infinity, NaN, NaN],
        [3e38, -3e38, 3e38, 1e-38, -1, 0],
      ];
      const x = float32(Float32Array.from(images.flat()), [4, 1, 2, 3]);
      const expected = [
        [3, -3, 0, 2, -3, 0],
        [-0.5, 1e-3, 0, -0.5, 0.25, 0.5],
        [0, 0, 0, 0, 0, 0],
        [3e38, -3e38, 3e38, 1e-38, -1, 0],
      ];
      assert.deepEqual(numbers(await program.run(x)), Array.from(Float32Array.from(expected.flat())));
      assert.deepEqual(
        device.fallbacks().filter(({ program: of, op }) => of === 'repaired' && op !== 'Cast'),
        [],
        'nothing of it runs elsewhere',
      );
      await program.dispose();
    });

    it('leaves a finite gradient as it is, to the bit', async () => {
      const program = device.compile('both', (x) => [repaired(x), tf.mul(x, 1)]);
      const x = noise([3, 4, 4, 2]);
      const [mended] = await program.run(x);
      assert.deepEqual(mended?.data, x.data);
      await program.dispose();
    });

    it('is taken a little inside where a pixel of 0 or 1 has none, and only there', async () => {
      // 2 * sqrt(x): slopes 1 / sqrt(x), infinite at 0; (1 - x)^0.5 likewise at 1.
      const roots = { logits: (x: tf.Tensor) => tf.mul(tf.sqrt(x), 2), gradientInside: true };
      const values = (x: tf.Tensor): tf.Tensor => tf.sum(roots.logits(x), [1, 2, 3]);
      const program = device.compile('inside', (x) => [imageGradient(roots, x, values)]);
      const x = float32(Float32Array.of(0, 0.25, 1, 1e-4), [1, 1, 4, 1]);
      const slopes = numbers(await program.run(x));
      assert.ok(Math.abs((slopes[0] ?? 0) - 10) < 1e-3, `${slopes[0]} at 0, of 1 / sqrt(0.01)`);
      for (const [n, slope] of [2, 1, 100].entries()) {
        assert.ok(Math.abs((slopes[n + 1] ?? 0) - slope) < 1e-3 * slope, `${slopes[n + 1]}, of ${slope}`);
      }
      await program.dispose();
    });
  });
}

describe('attacks on a gradient that is not finite', () => {
  const batch = tinyImages(4, 3);
  let device: Device;
  let model: tf.LayersModel;
  before(async () => {
    device = await deviceWith('blocked');
    model = tinyNetwork(3);
  });
  after(() => {
    model.dispose();
  });

  /** The network behind an identity whose gradient is NaN at 0. */
  const behindRoots = (): Victim => {
    const victim = layersModelVictim(device, model, 'eval');
    return { ...victim, logits: (x) => victim.logits(tf.mul(tf.sqrt(x), tf.sqrt(x))) };
  };

  it('is found where the images have no such pixel, too, and counted where they have', async () => {
    const sound = await checkNetwork(layersModelVictim(device, model, 'eval'), batch);
    assert.deepEqual([sound.notFinite, sound.gradientInside], [undefined, undefined]);
    const found = await checkNetwork(behindRoots(), batch);
    assert.deepEqual([found.notFinite, found.gradientInside, found.zeroGradients], [4, true, 0]);
    const inner = {
      ...batch,
      images: float32(
        batch.images.data.map((x) => 0.2 + 0.6 * x),
        [4, 6, 6, 3],
      ),
    };
    const hidden = await checkNetwork(behindRoots(), inner);
    assert.deepEqual([hidden.notFinite, hidden.gradientInside], [undefined, true]);
  });

  it('names no node where it arises outside of the network', async () => {
    assert.equal((await checkNetwork(behindRoots(), batch)).faultyNode, undefined);
  });

  it('is as good as that of the same network without the roots, taken inside', async () => {
    const [plain, inside] = await Promise.all(
      [layersModelVictim(device, model, 'eval'), { ...behindRoots(), gradientInside: true }].map(
        async (victim, n) => {
          const program = device.compile(`gradient ${n}`, (x, y) => [inputGradient(victim, x, y)]);
          const found = numbers(await program.run(batch.images, oneHot(batch.labels, 3)));
          await program.dispose();
          return found;
        },
      ),
    );
    const largest = Math.max(...(plain ?? []).map(Math.abs));
    const nearly = (plain ?? []).filter(
      (value, i) => Math.abs(value - (inside?.[i] ?? NaN)) < 1e-3 * largest,
    );
    // ReLUs may switch between 0 and a little inside.
    assert.ok(
      nearly.length > 0.9 * (plain?.length ?? 0),
      `${nearly.length} of ${plain?.length} entries agree`,
    );
  });

  it('gives steps with momentum, however large its entries are', async () => {
    const { victim } = linearVictim(device, 3, [6, 6, 3]);
    const huge: Victim = { ...victim, logits: (x) => tf.mul(victim.logits(x), 1e37) };
    // Of a wrong class: with logits so far apart, the cross-entropy of the right one has no gradient.
    const wrong = Int32Array.from(await ownLabels(victim, batch.images), (label) => (label + 1) % 3);
    const parameters = {
      norm: 'linf',
      epsilon: 0.1,
      stepSize: 0.1,
      steps: 1,
      targeted: false,
      momentum: 1,
    } as const;
    const steps = new PgdSteps(huge, parameters);
    const search = { images: batch.images, targets: oneHot(wrong, 3) };
    const { data } = await (await steps.run(search, new AbortController().signal)).read();
    const moved = data.filter((value, i) => Math.abs(value - (batch.images.data[i] ?? NaN)) > 0.09).length;
    assert.ok(moved > 0.5 * data.length, `${moved} of ${data.length} values moved`);
    await steps.dispose();
  });
});

function numbers([array]: readonly NdArray[]): number[] {
  return Array.from(array?.data ?? [], (value) => value + 0);
}
