import assert from 'node:assert/strict';
import { float32 } from '../../../src/core/engine/arrays/nd-array';
import { methods } from '../../../src/core/methods';
import { chooseMethod, chosenOptions } from '../../../src/core/methods/choose-method';
import type { BatchImages } from '../../../src/core/methods/define-method';
import type { DrawnBatch } from '../../../src/core/methods/method';
import { options } from '../../../src/core/methods/options';
import { oneOf } from '../../../src/core/named-schema';
import { Random } from '../../../src/core/random';
import { tinyImages } from '../attacks/tiny-network';

const CLASSES = 4;

function drawn(
  batch: BatchImages,
  method: object,
  given: Readonly<Record<string, unknown>>,
  seed = 1,
): DrawnBatch {
  const parameters = oneOf(methods).parse(method);
  const chosen = chooseMethod(methods, parameters, chosenOptions(options, given));
  return chosen.complete(
    batch,
    chosen.draw(batch, (purpose) => Random.keyed(seed, purpose)),
  );
}

/** White images, each of the class of its number. */
function white(count: number, size: number): BatchImages {
  return {
    images: float32(new Float32Array(count * size * size).fill(1), [count, size, size, 1]),
    labels: Int32Array.from({ length: count }, (_, n) => n % CLASSES),
    ...{ classes: CLASSES, progress: 0, steps: 1 },
  };
}

describe('options that change the clean images', () => {
  const batch: BatchImages = { ...tinyImages(6, CLASSES), classes: CLASSES, progress: 0, steps: 1 };

  it('label mixed images with what they show, and count the class with the larger share as the true one', () => {
    for (const given of [{ mixup: { lambdaPer: 'image' } }, { cutmix: { probability: 1 } }]) {
      const { truth, labels, targets, images } = drawn(batch, { name: 'standard' }, given);
      assert.ok(truth);
      assert.deepEqual(targets, truth);
      assert.notDeepEqual(images.data, batch.images.data);
      for (const [n, label] of labels.entries()) {
        const row: number[] = [...truth.data.subarray(n * CLASSES, (n + 1) * CLASSES)];
        assert.ok(Math.abs(row.reduce((sum, value) => sum + value) - 1) < 1e-6);
        assert.equal(row[label], Math.max(...row));
      }
    }
  });

  it('are mixed further by methods whose labels are linear in the classes', () => {
    const given = { mixup: {} };
    const { truth, draws } = drawn(batch, { name: 'm2at' }, given);
    assert.ok(truth && draws.mixupLambda && draws.lambda);
    assert.deepEqual(drawn(batch, { name: 'm2at' }, given).targets, truth);
    const share = 0.4;
    const { targets } = drawn(batch, { name: 'avmixup', lambda1: share, lambda2: share }, given);
    for (const [i, target] of targets.data.entries()) {
      const y = truth.data[i] ?? NaN;
      assert.ok(Math.abs(target - (share * y + ((1 - share) * (1 - y)) / (CLASSES - 1))) < 1e-6);
    }
  });

  it('cutmix mixes the share of batches that it should, with boxes as large as those of its authors', () => {
    const [size, batches] = [48, 500];
    let mixed = 0;
    let area = 0;
    for (let seed = 0; seed < batches; seed++) {
      const { draws } = drawn(white(2, size), { name: 'standard' }, { cutmix: { probability: 0.7 } }, seed);
      const [top = 0, left = 0, bottom = 0, right = 0] = draws.cutmixBox?.data ?? [];
      if (bottom > 0) mixed++;
      area += ((bottom - top) * (right - left)) / size ** 2;
    }
    assert.ok(Math.abs(mixed / batches - 0.7) < 0.06, `${mixed}`);
    // A side s, of which s^2 is uniform, keeps s - s^2 / 4 of itself inside of the image.
    let expected = 0;
    for (let i = 0; i < 1000; i++) expected += (Math.sqrt((i + 0.5) / 1000) - (i + 0.5) / 4000) ** 2 / 1000;
    assert.ok(Math.abs(area / mixed - expected) < 0.04, `${area / mixed} ${expected}`);
  });

  it('cutmix weighs classes by the pixels that are left, also where the box is clipped', () => {
    const plain = white(8, 9);
    // Each image is filled with its number, so that a pixel tells where it came from.
    plain.images.data.forEach((_, i) => (plain.images.data[i] = Math.floor(i / 81)));
    for (let seed = 0; seed < 20; seed++) {
      const { images, truth } = drawn(plain, { name: 'standard' }, { cutmix: { probability: 1 } }, seed);
      for (let n = 0; n < 8; n++) {
        const shares = new Float32Array(CLASSES);
        for (const from of images.data.subarray(n * 81, (n + 1) * 81)) {
          const k = from % CLASSES;
          shares[k] = (shares[k] ?? NaN) + 1 / 81;
        }
        for (const [k, share] of shares.entries())
          assert.ok(Math.abs(share - (truth?.data[n * CLASSES + k] ?? NaN)) < 1e-5);
      }
    }
  });

  it('cutout fills a square anywhere in each image, clipped, and leaves the labels alone', () => {
    const [size, square, count] = [12, 4, 3000];
    const plain = { ...white(count, size), meanColour: [0.25] };
    const { images, labels, truth, draws } = drawn(plain, { name: 'standard' }, { cutout: { size: square } });
    assert.equal(truth, undefined);
    assert.deepEqual(labels, plain.labels);
    const centres = draws.cutoutCentre?.data;
    assert.ok(centres);
    const seen = new Set<string>();
    for (let n = 0; n < count; n++) {
      const row: number = centres[2 * n] ?? NaN;
      const column: number = centres[2 * n + 1] ?? NaN;
      seen.add(`${row} ${column}`);
      for (let i = 0; i < size * size; i++) {
        const [y, x] = [Math.floor(i / size), i % size];
        const inside: boolean = y >= row - 2 && y < row + 2 && x >= column - 2 && x < column + 2;
        assert.equal(images.data[n * size * size + i], inside ? 0.25 : 1);
      }
    }
    assert.equal(seen.size, size * size);
  });

  it('cutout comes before a mixture: squares are mixed, too', () => {
    const given = { cutout: { size: 2 }, mixup: {} };
    const { images, draws } = drawn(white(4, 6), { name: 'standard' }, given);
    const lambda = draws.mixupLambda?.data[0] ?? NaN;
    const seen = new Set(images.data);
    assert.ok(seen.has(Math.fround(1 - lambda)) || seen.has(Math.fround(lambda)), [...seen].join(' '));
  });
});
