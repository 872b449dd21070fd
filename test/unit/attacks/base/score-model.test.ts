import assert from 'node:assert/strict';
import * as tf from '@tensorflow/tfjs';
import { inFixedBatches, scoreModelOf } from '../../../../src/core/attacks/base/score-model';
import { inFewerPasses, layersModelVictim } from '../../../../src/core/attacks/base/victim';
import { float32 } from '../../../../src/core/engine/arrays/nd-array';
import { assertClose, randomImages, smallModel } from '../../models/support';
import { oracle } from '../devices';
import { tinyImages, tinyNetwork } from '../tiny-network';

describe('ScoreModel', () => {
  it('gives each image its row, whatever the number of images, with a few batch sizes', async () => {
    const sizes = new Set<number>();
    let rows = 0;
    const model = inFixedBatches(2, 32, ({ data, shape: [count = 0] }) => {
      sizes.add(count);
      rows += count;
      const logits = Float32Array.from(
        { length: 2 * count },
        (_, i) => (i % 2 === 0 ? 1 : -1) * (data[i >> 1] ?? 0),
      );
      return Promise.resolve(float32(logits, [count, 2]));
    });
    for (let count = 0; count <= 100; count++) {
      rows = 0;
      const data = Float32Array.from({ length: count }, (_, n) => n + 1);
      const logits = await model.logits(float32(data, [count, 1, 1, 1]));
      assert.deepEqual(logits.shape, [count, 2]);
      assert.deepEqual(
        logits.data,
        Float32Array.from({ length: 2 * count }, (_, i) => (i % 2 === 0 ? 1 : -1) * ((i >> 1) + 1)),
      );
      assert.ok(rows <= count * 1.25 + 4, `${rows} rows for ${count} images`);
    }
    assert.deepEqual(
      [...sizes].sort((a, b) => a - b),
      [2, 3, 4, 5, 6, 7, 8, 12, 16, 24, 32],
    );
  });

  it('takes a number of images that is asked for often as it is', async () => {
    const sizes: number[] = [];
    const model = inFixedBatches(1, 32, ({ data, shape: [count = 0] }) => {
      sizes.push(count);
      return Promise.resolve(float32(data.slice(), [count, 1]));
    });
    for (const count of [1, 17, 49]) {
      const data = Float32Array.from({ length: count }, (_, n) => n + 1);
      const images = float32(data, [count, 1, 1, 1]);
      assert.deepEqual((await model.logits(images, true)).data, data);
    }
    assert.deepEqual(sizes, [2, 17, 32, 17]);
  });

  it('is the forward pass of a victim', async () => {
    const network = tinyNetwork();
    const victim = layersModelVictim(oracle(), network, 'eval');
    const { images } = tinyImages(7);
    const model = scoreModelOf(victim, 4);
    const program = victim.device.compile('logits', (x) => [victim.logits(x)]);
    const [expected] = await program.run(images);
    assert.ok(expected);
    const found = await model.logits(images);
    assert.equal(model.classes, 5);
    assert.ok(found.data.every((value, i) => Math.abs(value - (expected.data[i] ?? NaN)) < 1e-5));
    await model.dispose();
    await program.dispose();
    network.dispose();
  });

  it('lets long programs have BatchNorm folded, and leaves a victim with a forward pass of its own alone', async () => {
    const network = smallModel('small-cnn');
    const victim = layersModelVictim(oracle(), network, 'eval');
    const pixels = randomImages([3, 8, 8, 3]).dataSync<'float32'>();
    const images = float32(pixels, [3, 8, 8, 3]);
    const [plain, folded] = await Promise.all(
      [victim, inFewerPasses(victim)].map((one) => scoreModelOf(one).logits(images)),
    );
    assert.ok(plain && folded);
    assertClose(folded.data, plain.data, 1e-5);
    assert.notEqual(inFewerPasses(victim), victim);
    const own = { ...victim, logits: (x: tf.Tensor) => tf.neg(victim.logits(x)) };
    assert.equal(inFewerPasses(own), own);
    const inTraining = layersModelVictim(oracle(), network, 'train');
    assert.equal(inFewerPasses(inTraining), inTraining);
    network.dispose();
  });
});
