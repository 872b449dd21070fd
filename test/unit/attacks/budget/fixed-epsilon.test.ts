import assert from 'node:assert/strict';
import {
  fixedEpsilon,
  type Search,
  type SearchContext,
} from '../../../../src/core/attacks/budget/fixed-epsilon';
import {
  bucketFor,
  gatherRows,
  paddedRows,
  smallerBatches,
} from '../../../../src/core/attacks/base/batch-rows';
import { drawImages } from '../../../../src/core/attacks/base/image-streams';
import { keepWithin } from '../../../../src/core/attacks/budget/keep-within';
import { perturbationNorm } from '../../../../src/core/attacks/base/perturbation';
import type { ScoreModel } from '../../../../src/core/attacks/base/score-model';
import { readArray } from '../../../../src/core/engine/arrays/device-array';
import { float32, type NdArray } from '../../../../src/core/engine/arrays/nd-array';
import { M2atError } from '../../../../src/core/errors';
import { Random } from '../../../../src/core/random';
import { contextOf } from '../context';

/** Class 1 for images whose one pixel is above a half. */
const bright: ScoreModel = {
  classes: 2,
  logits: ({ data }) =>
    Promise.resolve(
      float32(
        Float32Array.from(data)
          .map((value) => value - 0.5)
          .reduce(pairs, new Float32Array(2 * data.length)),
        [data.length, 2],
      ),
    ),
};
function pairs(out: Float32Array, value: number, n: number): Float32Array {
  out[2 * n + 1] = value;
  return out;
}

const pixels = (...values: number[]): NdArray<'float32'> =>
  float32(Float32Array.from(values), [values.length, 1, 1, 1]);

describe('fixedEpsilon', () => {
  const images = pixels(0.1, 0.2, 0.3, 0.4, 0.15, 0.25, 0.35, 0.45);
  const labels = new Int32Array(8);

  /** Goes up by 0.1 in round 0, by 0.2 in round 1, and so on. */
  const climb =
    (seen: { round: number; pixels: number[] }[]): Search =>
    (batch, { round }) => {
      seen.push({ round, pixels: Array.from(batch.images.data) });
      return Promise.resolve({
        ...batch.images,
        data: batch.images.data.map((x) => x + 0.1 * (round + 1) + 0.01),
      });
    };

  it('sends only images that still resist into further rounds, in batches of few sizes', async () => {
    const seen: { round: number; pixels: number[] }[] = [];
    const attack = fixedEpsilon(bright, { norm: 'linf', epsilon: 0.35, rounds: 3 }, climb(seen));
    const found = await readArray(await attack.perturb({ images, labels }, contextOf(8)));
    assert.deepEqual(
      seen.map(({ pixels: batch }) => batch.length),
      [8, 8, 4],
    );
    // Six images resist at first, then three: 0.1, 0.2 and 0.15 in the last round, padded with the first of them.
    const rounds = seen.map(({ pixels: batch }) => new Set(batch.map((x) => x.toFixed(2))));
    assert.deepEqual([...(rounds[1] ?? [])], ['0.10', '0.20', '0.30', '0.15', '0.25', '0.35']);
    assert.deepEqual([...(rounds[2] ?? [])], ['0.10', '0.20', '0.15', '0.25']);
    const expected = [0.41, 0.51, 0.51, 0.51, 0.46, 0.56, 0.56, 0.56];
    for (const [n, value] of expected.entries())
      assert.ok(Math.abs((found.data[n] ?? NaN) - value) < 1e-6, String(n));
    assert.deepEqual(images.data, pixels(0.1, 0.2, 0.3, 0.4, 0.15, 0.25, 0.35, 0.45).data);
  });

  it('keeps a misclassified candidate before one that is not, where neither is what was looked for', async () => {
    // Class 1 above a half, class 2 above 0.8: aimed at, and out of reach.
    const three: ScoreModel = {
      classes: 3,
      logits: ({ data, shape: [count = 0] }) =>
        Promise.resolve(
          float32(
            Float32Array.from(Array.from(data).flatMap((x) => [0, x > 0.5 ? 1 : -1, x > 0.8 ? 2 : -1])),
            [count, 3],
          ),
        ),
    };
    // Up in the first round, and nowhere in the others.
    const once: Search = (batch, { round }) =>
      Promise.resolve({ ...batch.images, data: batch.images.data.map((x) => (round === 0 ? x + 0.2 : x)) });
    for (const rounds of [1, 2, 3]) {
      const attack = fixedEpsilon(three, { norm: 'linf', epsilon: 0.2, rounds }, once);
      const batch = {
        images: pixels(0.1, 0.4, 0.7),
        labels: Int32Array.of(0, 0, 1),
        targetClasses: Int32Array.of(2, 2, 2),
      };
      const { data } = await readArray(await attack.perturb(batch, contextOf(batch.labels.length)));
      // The first never changes its class, the second does, the third becomes class 2.
      const expected = [rounds === 1 ? 0.3 : 0.1, 0.6, 0.9];
      for (const [n, value] of expected.entries()) {
        assert.ok(Math.abs((data[n] ?? NaN) - value) < 1e-6, `image ${n} of ${rounds} rounds`);
      }
    }
  });

  it('takes an image whose logits are no numbers for misclassified', async () => {
    const broken: ScoreModel = {
      ...bright,
      logits: async (batch) => {
        const { data, shape } = await bright.logits(batch);
        return float32(
          data.map((value, i) => ((batch.data[i >> 1] ?? 0) > 0.25 && i % 2 === 1 ? NaN : value)),
          shape,
        );
      },
    };
    const seen: { round: number; pixels: number[] }[] = [];
    const attack = fixedEpsilon(broken, { norm: 'linf', epsilon: 0.3, rounds: 3 }, climb(seen));
    const batch = { images: pixels(0.2, 0.1), labels: Int32Array.of(0, 0) };
    const { data } = await readArray(await attack.perturb(batch, contextOf(batch.labels.length)));
    assert.equal(seen.length, 2);
    for (const value of data) assert.ok(Math.abs(value - 0.31) < 1e-6);
  });

  it('takes no image whose logits are no numbers for its target', async () => {
    const broken: ScoreModel = {
      ...bright,
      logits: async (batch) => {
        const { data, shape } = await bright.logits(batch);
        return float32(
          data.map((value, i) => ((batch.data[i >> 1] ?? 0) > 0.25 ? NaN : value)),
          shape,
        );
      },
    };
    const seen: { round: number; pixels: number[] }[] = [];
    const attack = fixedEpsilon(broken, { norm: 'linf', epsilon: 0.3, rounds: 3 }, climb(seen));
    const batch = { images: pixels(0.2), labels: Int32Array.of(0), targetClasses: Int32Array.of(1) };
    await attack.perturb(batch, contextOf(1));
    assert.equal(seen.length, 3, 'an error is not the target');
  });

  it('takes candidates back into the ball and [0, 1] before they count', async () => {
    const far: Search = (batch) => Promise.resolve({ ...batch.images, data: batch.images.data.map(() => 7) });
    for (const norm of ['linf', 'l2', 'l1'] as const) {
      const attack = fixedEpsilon(bright, { norm, epsilon: 0.2, rounds: 2 }, far);
      const { data } = await readArray(await attack.perturb({ images, labels }, contextOf(8)));
      for (const [n, value] of data.entries())
        assert.ok(Math.abs(value - (images.data[n] ?? 0) - 0.2) < 1e-5);
    }
    const attack = fixedEpsilon(bright, { norm: 'linf', epsilon: 2 }, far);
    assert.deepEqual(
      (await readArray(await attack.perturb({ images, labels }, contextOf(8)))).data,
      new Float32Array(8).fill(1),
    );
  });

  it('leaves images alone that are misclassified as they are, in an attack of several rounds', async () => {
    const seen: { round: number; pixels: number[] }[] = [];
    const attack = fixedEpsilon(bright, { norm: 'linf', epsilon: 0.3, rounds: 2 }, climb(seen));
    const batch = { images: pixels(0.9, 0.1), labels: Int32Array.of(0, 0) };
    const { data } = await readArray(await attack.perturb(batch, contextOf(batch.labels.length)));
    assert.ok(Math.abs((data[0] ?? 0) - 0.9) < 1e-6);
    assert.ok(seen.every(({ pixels: values }) => values.every((x) => x < 0.5)));
  });

  it("an image's random numbers don't depend on which others have fallen", async () => {
    const drawn: number[][] = [];
    const search: Search = (batch, { streams }: SearchContext) => {
      const noise = drawImages(batch.images.shape, streams, (image, random) => {
        random.fillUniform(image, 0, 0.1);
      });
      drawn.push(Array.from(noise.data));
      return Promise.resolve(batch.images);
    };
    const run = async (first: number): Promise<number[][]> => {
      drawn.length = 0;
      const attack = fixedEpsilon(bright, { norm: 'linf', epsilon: 0.1, rounds: 2 }, search);
      await attack.perturb({ images: pixels(first, 0.2, 0.3, 0.1), labels: new Int32Array(4) }, contextOf(4));
      return drawn.map((round) => round.slice(first > 0.5 ? 0 : 1));
    };
    const [all, without] = [await run(0.4), await run(0.9)];
    assert.deepEqual(
      without.map((round) => round.slice(0, 3)),
      all,
    );
  });

  it('can be cancelled between rounds', async () => {
    const controller = new AbortController();
    const search: Search = (batch) => {
      controller.abort();
      return Promise.resolve(batch.images);
    };
    const attack = fixedEpsilon(bright, { norm: 'linf', epsilon: 0.1, rounds: 3 }, search);
    await assert.rejects(
      attack.perturb({ images, labels }, contextOf(8, 1, { signal: controller.signal })),
      (error) => error instanceof M2atError && error.code === 'cancelled',
    );
  });
});

describe('batches of rows', () => {
  it('gathers, pads with the first, and knows nine sizes', () => {
    const array = float32(Float32Array.of(1, 2, 3, 4, 5, 6), [3, 2]);
    assert.equal(gatherRows(array, [0, 1, 2]), array);
    assert.deepEqual(gatherRows(array, [2, 0]).data, Float32Array.of(5, 6, 1, 2));
    assert.deepEqual(paddedRows([4, 7], 4), [4, 7, 4, 4]);
    const sizes = new Set(Array.from({ length: 100 }, (_, n) => bucketFor(n + 1, 100)));
    assert.deepEqual([...sizes], [16, 20, 28, 40, 52, 64, 76, 88, 100]);
    assert.equal(bucketFor(1, 1), 1);
    for (const whole of [10, 50]) {
      for (let count = 1; count <= whole; count++) {
        const size = bucketFor(count, whole);
        assert.ok(count <= size && size <= whole, `${count} of ${whole}: ${size}`);
      }
    }
    assert.deepEqual(
      smallerBatches(64),
      Array.from({ length: 15 }, (_, n) => 4 * (n + 1)),
    );
    assert.deepEqual(smallerBatches(100), [7, 14, 21, 28, 35, 42, 49, 56, 63, 70, 77, 84, 91, 98]);
    assert.deepEqual(smallerBatches(4), []);
  });
});

describe('keepWithin', () => {
  for (const norm of ['linf', 'l2', 'l1'] as const) {
    it(`brings any image back (${norm}), and leaves one that is inside as it is`, () => {
      const random = Random.keyed(4, norm);
      for (let trial = 0; trial < 50; trial++) {
        const clean = Float32Array.from({ length: 3000 }, () => random.uniform());
        const epsilon = { linf: 0.03, l2: 0.5, l1: 12 }[norm];
        const scale = 0.2 + 0.3 * random.uniform();
        const image = clean.map((x) => x + scale * random.normal());
        image[7] = NaN;
        keepWithin(clean, image, norm, epsilon);
        assert.ok(image.every((x) => x >= 0 && x <= 1));
        const length = perturbationNorm(clean, image, norm);
        assert.ok(length <= epsilon + 1e-6 && length > 0.9 * epsilon, String(length));
        const kept = image.slice();
        keepWithin(clean, image, norm, epsilon);
        assert.deepEqual(image, kept);
      }
    });
  }
});
