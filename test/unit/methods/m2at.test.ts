import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { LabelledImages } from '../../../src/core/attacks/base/attack';
import { firstFloat32 } from '../../../src/core/attacks/base/outputs';
import { oneHot } from '../../../src/core/data/batch';
import { float32, type NdArray } from '../../../src/core/engine/arrays/nd-array';
import type { CompiledProgram, Device } from '../../../src/core/engine/devices/device';
import { readArray, releaseArray, type ProgramInput } from '../../../src/core/engine/arrays/device-array';
import { methods } from '../../../src/core/methods';
import { chooseMethod } from '../../../src/core/methods/choose-method';
import type { ChosenMethod } from '../../../src/core/methods/define-method';
import { mixedLabels, maskedShares } from '../../../src/core/methods/m2at/labels';
import { drawMasks } from '../../../src/core/methods/m2at/mask';
import { m2atDraws } from '../../../src/core/methods/m2at/draws';
import { lambdaFact } from '../../../src/core/methods/m2at/lambda';
import { drawLambda } from '../../../src/core/methods/draw-lambda';
import { mixture } from '../../../src/core/methods/m2at/mix';
import type { DrawnBatch, Preview } from '../../../src/core/methods/method';
import type { MaskParameters } from '../../../src/core/methods/m2at/parameters';
import { oneOf } from '../../../src/core/named-schema';
import { Random } from '../../../src/core/random';
import { CountingDevice } from './counting-device';
import { oracle, testDevices } from '../attacks/devices';
import { tinyImages, tinyNetwork } from '../attacks/tiny-network';

const shapes: readonly MaskParameters[] = [
  { shape: 'rectangle', alpha: 1 },
  { shape: 'rectangle', alpha: 0.3 },
  { shape: 'bernoulli', probability: 0.5 },
  { shape: 'grid', cell: 4, probability: 0.5 },
  { shape: 'half' },
];

describe('M2AT masks', () => {
  for (const parameters of shapes) {
    it(`${JSON.stringify(parameters)} is binary, whatever the size`, () => {
      fc.assert(
        fc.property(
          fc.nat(1000),
          fc.integer({ min: 1, max: 13 }),
          fc.integer({ min: 1, max: 13 }),
          (seed, h, w) => {
            const masks = drawMasks(3, h, w, parameters, Random.keyed(seed, 'mask'));
            assert.deepEqual(masks.shape, [3, h, w, 1]);
            assert.ok(masks.data.every((value) => value === 0 || value === 1));
          },
        ),
        { numRuns: 50 },
      );
    });
  }

  const meanArea = (parameters: MaskParameters, size = 16): number => {
    const shares = maskedShares(drawMasks(4000, size, size, parameters, Random.keyed(1, 'mask')));
    return shares.reduce((sum, share) => sum + share, 0) / shares.length;
  };

  it('covers the share that its parameters say', () => {
    for (const probability of [0.5, 0.2]) {
      assert.ok(Math.abs(meanArea({ shape: 'bernoulli', probability }) - probability) < 0.02);
      assert.ok(Math.abs(meanArea({ shape: 'grid', cell: 4, probability }) - probability) < 0.02);
    }
    assert.equal(meanArea({ shape: 'half' }), 0.5);
  });

  it('covers what a CutMix box covers after clipping', () => {
    // E over side s in [0, 1] with s^2 uniform, and a uniform centre: a side keeps s - s^2 / 4 of itself.
    let expected = 0;
    for (let i = 0; i < 1000; i++) {
      const s = Math.sqrt((i + 0.5) / 1000);
      expected += (s - (s * s) / 4) ** 2 / 1000;
    }
    assert.ok(Math.abs(meanArea({ shape: 'rectangle', alpha: 1 }, 64) - expected) < 0.015, `${expected}`);
  });

  it('fills whole cells, one box, or one side', () => {
    const grid = drawMasks(20, 8, 8, { shape: 'grid', cell: 4, probability: 0.5 }, Random.keyed(2, 'mask'));
    for (const share of maskedShares(grid)) assert.equal((share * 4) % 1, 0);
    const boxes = drawMasks(50, 9, 7, { shape: 'rectangle', alpha: 1 }, Random.keyed(3, 'mask'));
    for (let n = 0; n < 50; n++) {
      const rows = Array.from({ length: 9 }, (_, y) =>
        boxes.data.subarray((n * 9 + y) * 7, (n * 9 + y + 1) * 7).join(''),
      );
      const filled = rows.filter((row) => row.includes('1'));
      assert.ok(new Set(filled).size <= 1, 'every row of a box is the same');
      assert.match(filled[0] ?? '0', /^0*1*0*$/);
    }
    const halves = drawMasks(60, 6, 4, { shape: 'half' }, Random.keyed(4, 'mask'));
    const seen = new Set(
      Array.from({ length: 60 }, (_, n) => halves.data.subarray(n * 24, (n + 1) * 24).join('')),
    );
    assert.equal(seen.size, 4);
  });
});

for (const { name, open } of testDevices) {
  describe(`M2AT mixing on ${name}`, () => {
    let device: Device;
    let mix: CompiledProgram;
    before(async () => {
      device = await open();
      mix = device.compile('mixture', (...[x, perturbed, mask, lambda]) => {
        assert.ok(x && perturbed && mask && lambda);
        const { x1, x2, mixed } = mixture(x, perturbed, mask, lambda);
        return [x1, x2, mixed];
      });
    });
    after(() => device.dispose());

    const batch = fc.record({
      seed: fc.nat(10_000),
      epsilon: fc.constantFrom(0, 8 / 255, 0.3),
      beta: fc.constantFrom(0.2, 1, 4),
      shape: fc.constantFrom(...shapes),
    });

    it('keeps the identities of the paper, the budget and the range', async () => {
      await fc.assert(
        fc.asyncProperty(batch, async ({ seed, epsilon, beta, shape }) => {
          const { x, perturbed, mask, lambda } = draw(seed, epsilon, beta, shape);
          const [x1, x2, mixed] = await mix.run(x, perturbed, mask, lambda);
          assert.ok(x1 && x2 && mixed);
          for (let i = 0; i < x.data.length; i++) {
            const at = (array: NdArray): number => array.data[i] ?? NaN;
            const m = mask.data[Math.floor(i / 3)] ?? NaN;
            const lam = lambda.data[Math.floor(i / (5 * 4 * 3))] ?? NaN;
            // A selection: to the bit.
            assert.equal(at(x1), m === 1 ? at(perturbed) : at(x));
            assert.equal(at(x2), m === 1 ? at(x) : at(perturbed));
            // A mixture: to a few roundings of float32, but never outside of what it mixes.
            const delta = at(perturbed) - at(x);
            assert.ok(Math.abs(at(mixed) - (at(x) + (lam * m + (1 - lam) * (1 - m)) * delta)) < 2e-7);
            assert.ok(Math.abs(at(mixed) - (lam * at(x1) + (1 - lam) * at(x2))) < 2e-7);
            assert.ok(at(mixed) >= Math.min(at(x1), at(x2)) && at(mixed) <= Math.max(at(x1), at(x2)));
            assert.ok(at(mixed) >= 0 && at(mixed) <= 1);
          }
        }),
        { numRuns: 60 },
      );
    });

    it('gives the ends of the mixture exactly', async () => {
      const { x, perturbed, mask } = draw(1, 0.3, 1, { shape: 'half' });
      const lambda = float32(Float32Array.of(1, 1, 0, 0), [4]);
      const [x1, x2, mixed] = await mix.run(x, perturbed, mask, lambda);
      assert.ok(x1 && x2 && mixed);
      assert.deepEqual(mixed.data.slice(0, 120), x1.data.slice(0, 120));
      assert.deepEqual(mixed.data.slice(120), x2.data.slice(120));
    });
  });
}

describe('M2AT labels', () => {
  const draws = draw(5, 0.1, 1, { shape: 'rectangle', alpha: 1 });
  const labels = Int32Array.of(0, 3, 2, 3);
  const smooth = (lambda: Float32Array, minimum = 0.1) =>
    mixedLabels(oneHot(labels, 4), draws.mask, lambda, { policy: 'smooth', minimum });

  it('every policy gives rows that sum to 1 and are not negative', () => {
    for (const targets of [
      mixedLabels(oneHot(labels, 4), draws.mask, draws.lambda.data, { policy: 'hard' }),
      smooth(draws.lambda.data),
      smooth(draws.lambda.data, 0),
    ]) {
      for (let n = 0; n < 4; n++) {
        const row = targets.data.subarray(n * 4, n * 4 + 4);
        assert.ok(Math.abs(row.reduce((sum, value) => sum + value, 0) - 1) < 1e-6);
        assert.ok(row.every((value) => value >= 0));
      }
    }
  });

  it('hard: the true class', () => {
    const { data } = mixedLabels(oneHot(labels, 4), draws.mask, draws.lambda.data, { policy: 'hard' });
    assert.deepEqual([...data], [1, 0, 0, 0, 0, 0, 0, 1, 0, 0, 1, 0, 0, 0, 0, 1]);
  });

  it('smooth: mixes phi(y, t) of the partial images, by the share that each keeps', () => {
    const lambda = Float32Array.of(1, 0, 0.5, 0.25);
    const shares = maskedShares(draws.mask);
    const { data } = smooth(lambda);
    for (const [n, label] of labels.entries()) {
      const phi = (t: number, k: number): number => (k === label ? t : (1 - t) / 3);
      const lam = lambda[n] ?? NaN;
      const share = shares[n] ?? NaN;
      for (let k = 0; k < 4; k++) {
        const expected = lam * phi(1 - 0.9 * share, k) + (1 - lam) * phi(1 - 0.9 * (1 - share), k);
        assert.ok(Math.abs((data[n * 4 + k] ?? NaN) - expected) < 1e-6);
      }
    }
  });
});

describe('methods', () => {
  const model = tinyNetwork(4, 2);
  const network = { device: oracle(), model, classes: 4, batchSize: 5 };
  const batch = tinyImages(5, 4);
  const { signal } = new AbortController();
  const drawn = (method: ChosenMethod): DrawnBatch => {
    const images = { ...batch, classes: 4, progress: 0, steps: 1 };
    return method.complete(
      images,
      method.draw(images, (purpose) => Random.keyed(1, purpose)),
    );
  };
  const chosen = (input: object): ChosenMethod => chooseMethod(methods, oneOf(methods).parse(input));
  const column = ({ columns }: Preview, key: string): NdArray<'float32'> => {
    const found = columns.find((c) => c.key === key);
    assert.ok(found, key);
    return found.data;
  };
  after(() => {
    model.dispose();
  });

  it('standard trains on the natural images', async () => {
    const standard = chosen({ name: 'standard' });
    const method = await standard.create(network);
    const [images, targets] = await method.prepare(drawn(standard), signal);
    assert.equal(images, batch.images);
    assert.deepEqual(targets?.shape, [5, 4]);
  });

  it('pgd-at trains on what its preview shows', async () => {
    const pgdAt = chosen({ name: 'pgd-at', steps: 2 });
    const method = await pgdAt.create(network);
    const images = await imagesOf(await method.prepare(drawn(pgdAt), signal));
    const preview = await method.preview(drawn(pgdAt), signal);
    assert.deepEqual(images.data, column(preview, 'xAdv').data);
    assertWithin(images, batch, 8 / 255);
    assert.ok(column(preview, 'delta').data.some((value) => Math.abs(value) > 4 / 255));
    assert.equal(preview.epsilon, 8 / 255);
  });

  it('pgd-at in L2 leaves it to its pictures how far they are amplified', async () => {
    const pgdAt = chosen({ name: 'pgd-at', steps: 2, norm: 'l2' });
    const method = await pgdAt.create(network);
    assert.equal((await method.preview(drawn(pgdAt), signal)).epsilon, undefined);
  });

  it('m2at trains on the mixture of its partial images', async () => {
    const m2at = chosen({ name: 'm2at', steps: 2 });
    const method = await m2at.create(network);
    const images = await imagesOf(await method.prepare(drawn(m2at), signal));
    const preview = await method.preview(drawn(m2at), signal);
    assert.deepEqual(
      preview.columns.map(({ key }) => key),
      ['x', 'delta', 'mask', 'x1', 'x2', 'xMix'],
    );
    assert.deepEqual(images.data, column(preview, 'xMix').data);
    assertWithin(images, batch, 8 / 255);
    const delta = column(preview, 'delta').data;
    for (let i = 0; i < delta.length; i++) {
      const x1 =
        (batch.images.data[i] ?? NaN) +
        (column(preview, 'mask').data[Math.floor(i / 3)] ?? NaN) * (delta[i] ?? NaN);
      assert.ok(Math.abs((column(preview, 'x1').data[i] ?? NaN) - x1) < 1e-6);
    }
    assert.deepEqual(preview.facts, [
      { ...lambdaFact, values: m2atDraws.parse(drawn(m2at).draws).lambda.data },
    ]);
  });

  it('m2at refuses a batch without its draws', async () => {
    const method = await chosen({ name: 'm2at' }).create(network);
    const other = drawn(chosen({ name: 'pgd-at' }));
    await assert.rejects(async () => method.prepare(other, signal), /for m2at lacks what it draws: .*mask/s);
  });

  it('leaves nothing on the device but what it returns', async () => {
    const device = new CountingDevice(network.device);
    for (const name of ['pgd-at', 'avmixup', 'iat', 'm2at']) {
      const counted = chosen({ name, steps: 2 });
      const method = await counted.create({ ...network, device });
      const inputs = await method.prepare(drawn(counted), signal);
      assert.equal(device.live, 1, name);
      assert.equal(device.read, 0, 'nothing came back to the host');
      inputs.forEach(releaseArray);
      await method.preview(drawn(counted), signal);
      assert.equal(device.live, 0, name);
      device.read = 0;
    }
  });
});

async function imagesOf([images]: readonly ProgramInput[]): Promise<NdArray<'float32'>> {
  assert.ok(images);
  return firstFloat32([await readArray(images)]);
}

function assertWithin(images: NdArray<'float32'>, { images: x }: LabelledImages, epsilon: number): void {
  for (const [i, value] of images.data.entries()) {
    assert.ok(value >= 0 && value <= 1);
    assert.ok(Math.abs(value - (x.data[i] ?? NaN)) <= epsilon + 1e-6);
  }
}

function draw(seed: number, epsilon: number, beta: number, shape: MaskParameters) {
  const random = Random.keyed(seed, 'draw');
  const size = [4, 5, 4, 3];
  const x = float32(
    Float32Array.from({ length: 240 }, () => Math.min(1, Math.max(0, 1.2 * random.uniform() - 0.1))),
    size,
  );
  const perturbed = float32(
    x.data.map((value) => Math.min(1, Math.max(0, value + epsilon * (2 * random.uniform() - 1)))),
    size,
  );
  return { x, perturbed, mask: drawMasks(4, 5, 4, shape, random), lambda: drawLambda(4, beta, random) };
}
