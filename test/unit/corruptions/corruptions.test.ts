import assert from 'node:assert/strict';
import { corruptions } from '../../../src/core/corruptions';
import { scaleOf, type ScaleName } from '../../../src/core/corruptions/base/define-corruption';
import type { ImageBytes } from '../../../src/core/corruptions/base/image-bytes';
import { jpegRoundTrip } from '../../../src/core/corruptions/jpeg/round-trip';
import { Random } from '../../../src/core/random';
import large from '../../reference/corruptions/large.json';
import spread from '../../reference/corruptions/spread.json';
import { ParkMiller, picture, referenceBytes } from './reference';

/** Grey levels: both sides cut off what a last digit may decide. */
const ONE_LEVEL = 1;

function largestDifference(a: Uint8Array, b: Uint8Array): number {
  assert.equal(a.length, b.length);
  return a.reduce((found, value, i) => Math.max(found, Math.abs(value - (b[i] ?? 0))), 0);
}

describe('corruptions', () => {
  it('are those of NumPy, SciPy, Pillow and scikit-image to one grey level, given the same random numbers', async () => {
    const { data, shape } = await referenceBytes('pictures.npy');
    assert.deepEqual(shape, [15, 5, 32, 32, 3]);
    const size = 32 * 32 * 3;
    const wrong: string[] = [];
    for (const [place, { name, apply }] of corruptions.entries()) {
      for (let severity = 1; severity <= 5; severity++) {
        const at = place * 5 + severity - 1;
        const found = apply(picture(7, 32, 32), severity, new ParkMiller(at + 1));
        const difference = largestDifference(found, data.subarray(at * size, (at + 1) * size));
        if (difference > ONE_LEVEL) wrong.push(`${name} ${severity}: ${difference}`);
      }
    }
    assert.deepEqual(wrong, []);
  });

  it('are those for pictures that are no square, and whose sides are no multiples of 8', async () => {
    const { data } = await referenceBytes('odd.npy');
    const size = 27 * 38 * 3;
    const wrong: string[] = [];
    for (const [place, { name, apply }] of corruptions.entries()) {
      for (const [n, severity] of [2, 5].entries()) {
        const at = (place * 2 + n) * size;
        const found = apply(picture(3, 27, 38), severity, new ParkMiller(500 + severity));
        const difference = largestDifference(found, data.subarray(at, at + size));
        if (difference > ONE_LEVEL) wrong.push(`${name} ${severity}: ${difference}`);
      }
    }
    assert.deepEqual(wrong, []);
  });

  it('take the constants of Tiny ImageNet-C and ImageNet-C for larger pictures', function () {
    this.timeout(60_000);
    const sizes: Readonly<Record<string, number>> = { tiny: 64, imagenet: 224 };
    const cases: Readonly<
      Record<string, readonly { scale: string; severity: number; means: readonly number[] }[]>
    > = large;
    const wrong: string[] = [];
    for (const { name, apply } of corruptions) {
      for (const { scale, severity, means } of cases[name] ?? []) {
        const size = sizes[scale] ?? 0;
        const image = picture(5, size, size);
        assert.equal(scaleOf(image), scale);
        const found = blockMeans(apply(image, severity, new ParkMiller(900 + severity)), size, 4);
        const difference = Math.max(...means.map((mean, i) => Math.abs(mean - (found[i] ?? NaN))));
        if (!(difference < 0.5)) wrong.push(`${name} ${scale} ${severity}: ${difference}`);
      }
    }
    assert.deepEqual(wrong, []);
  });

  it('change 200 pictures as much as the reference does with its own random numbers', function () {
    this.timeout(60_000);
    const expected: Readonly<Record<string, readonly { mean: number; deviation: number }[]>> = spread;
    const wrong: string[] = [];
    for (const { name, apply, differs } of corruptions) {
      for (const severity of [1, 3, 5]) {
        const { mean, deviation } = changes((image, n) =>
          apply(image, severity, Random.keyed(0, `corruption-${name}`, severity, n)),
        );
        const reference = expected[name]?.[severity - 1] ?? { mean: NaN, deviation: NaN };
        // Frost is other frost than that of the photographs.
        const isFrost = name === 'frost';
        assert.equal(isFrost && differs === undefined, false);
        const [most, share] = isFrost ? [6, 0.25] : [1, 0.05];
        const close =
          Math.abs(mean - reference.mean) < most && Math.abs(deviation / reference.deviation - 1) < share;
        if (!close)
          wrong.push(
            `${name} ${severity}: ${mean.toFixed(3)} ± ${deviation.toFixed(3)}, not ${reference.mean} ± ${reference.deviation}`,
          );
      }
    }
    assert.deepEqual(wrong, []);
  });

  it('get worse from one severity to the next where one number says how much', () => {
    for (const name of ['gaussian_noise', 'shot_noise', 'impulse_noise', 'fog', 'contrast', 'brightness']) {
      const found = corruptions.find((one) => one.name === name);
      const sizes = [1, 2, 3, 4, 5].map(
        (severity) =>
          changes((image, n) => found?.apply(image, severity, Random.keyed(1, name, n)) ?? image.pixels, 20)
            .absolute,
      );
      assert.deepEqual(
        sizes,
        sizes.toSorted((a, b) => a - b),
        name,
      );
    }
  });

  it('take grey pictures, too', () => {
    const { pixels, height, width } = picture(4, 28, 28);
    const grey: ImageBytes = { pixels: pixels.filter((_, i) => i % 3 === 0), height, width, channels: 1 };
    for (const { name, apply } of corruptions) {
      const found = apply(grey, 4, Random.keyed(0, name));
      assert.equal(found.length, 28 * 28, name);
      assert.ok(largestDifference(found, grey.pixels) > 0, name);
    }
  });

  it('take pictures of one pixel, and refuse severities that there are not', () => {
    const dot: ImageBytes = { pixels: Uint8Array.of(200, 10, 90), height: 1, width: 1, channels: 3 };
    for (const { name, apply } of corruptions) {
      assert.equal(apply(dot, 5, Random.keyed(0, name)).length, 3, name);
      assert.throws(() => apply(dot, 6, Random.keyed(0, name)), RangeError);
    }
  });

  it('choose constants by size', () => {
    const of = (height: number, width: number): ScaleName => scaleOf({ height, width });
    assert.deepEqual(
      [of(28, 28), of(32, 48), of(64, 64), of(96, 128), of(224, 200)],
      ['cifar', 'cifar', 'tiny', 'tiny', 'imagenet'],
    );
  });

  it('of JPEG leave a picture of one colour alone, at any quality', () => {
    for (const quality of [1, 30, 100]) {
      const flat = new Uint8Array(20 * 20 * 3).fill(128);
      assert.deepEqual(jpegRoundTrip({ pixels: flat, height: 20, width: 20, channels: 3 }, quality), flat);
    }
  });
});

function blockMeans(pixels: Uint8Array, side: number, blocks: number): number[] {
  const size = side / blocks;
  const sums = new Float64Array(blocks * blocks * 3);
  for (const [i, value] of pixels.entries()) {
    const [y, x] = [Math.floor(i / 3 / side), Math.floor(i / 3) % side];
    const at = (Math.floor(y / size) * blocks + Math.floor(x / size)) * 3 + (i % 3);
    sums[at] = (sums[at] ?? 0) + value / (size * size);
  }
  return [...sums];
}

/** What a corruption adds to pictures: mean and deviation over all values. */
function changes(
  corrupt: (image: ImageBytes, n: number) => Uint8Array,
  count = 200,
): { mean: number; deviation: number; absolute: number } {
  let [sum, squares, absolute, values] = [0, 0, 0, 0];
  for (let n = 0; n < count; n++) {
    const image = picture(n, 32, 32);
    for (const [i, value] of corrupt(image, n).entries()) {
      const change = value - (image.pixels[i] ?? 0);
      sum += change;
      squares += change * change;
      absolute += Math.abs(change);
      values++;
    }
  }
  const mean = sum / values;
  return { mean, deviation: Math.sqrt(squares / values - mean * mean), absolute: absolute / values };
}
