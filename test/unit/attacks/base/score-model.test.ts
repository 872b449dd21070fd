import assert from 'node:assert/strict';
import { inFixedBatches, scoreModelOf } from '../../../../src/core/attacks/base/score-model';
import { layersModelVictim } from '../../../../src/core/attacks/base/victim';
import { float32 } from '../../../../src/core/engine/arrays/nd-array';
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
});
