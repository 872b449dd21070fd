import assert from 'node:assert/strict';
import type { AttackContext, LabelledImages } from '../../../../src/core/attacks/base/attack';
import { perturbationNorm } from '../../../../src/core/attacks/base/perturbation';
import type { ScoreModel } from '../../../../src/core/attacks/base/score-model';
import type { StartPool } from '../../../../src/core/attacks/base/start-pool';
import { readArray } from '../../../../src/core/engine/arrays/device-array';
import { float32, type NdArray } from '../../../../src/core/engine/arrays/nd-array';
import { M2atError } from '../../../../src/core/errors';
import { contextOf } from '../context';
import { answers, boundaryDistances, labelledBy, linearModel } from '../linear-model';
import { bound, forwardVictim } from '../named';

const attacks = [
  { name: 'hopskipjump', norm: 'l2' },
  { name: 'hopskipjump', norm: 'linf' },
  { name: 'boundary', norm: 'l2' },
] as const;

async function perturb(
  model: ScoreModel,
  chosen: object,
  batch: LabelledImages,
  { seed = 0, context = {} }: { seed?: number; context?: Partial<AttackContext> } = {},
): Promise<NdArray<'float32'>> {
  const attack = await bound(forwardVictim(model), chosen);
  const found = await readArray(await attack.perturb(batch, contextOf(batch.labels.length, seed, context)));
  await attack.dispose();
  return found;
}

for (const { name, norm } of attacks) {
  describe(`${name} ${norm}`, () => {
    for (const { shape, classes } of [
      { shape: [6, 6, 3], classes: 4 },
      { shape: [3, 8, 1], classes: 2 },
      { shape: [1, 1, 2], classes: 2 },
    ]) {
      it(`finds misclassified images in [0, 1], ${shape.join(' x ')}, ${classes} classes`, async () => {
        const model = linearModel(classes, shape);
        const batch = await labelledBy(model, 6, shape);
        const found = await perturb(model, { name, norm, steps: 5 }, batch);
        assert.deepEqual(found.shape, batch.images.shape);
        assert.ok(found.data.every((value) => value >= 0 && value <= 1));
        const given = await answers(model, found);
        for (const [n, label] of batch.labels.entries()) assert.notEqual(given[n], label);
      });
    }

    it('comes near the boundary of a linear model, and never before it', async () => {
      const shape = [6, 6, 3];
      // Two classes: with more, the walk may end at the boundary to a class that is not the nearest.
      const model = linearModel(2, shape);
      const batch = await labelledBy(model, 8, shape, 0.3);
      const steps = name === 'boundary' ? 4000 : 25;
      const found = await perturb(model, { name, norm, steps }, batch);
      const given = await answers(model, found);
      const optimum = await boundaryDistances(model, batch);
      const ratios = lengths(batch.images, found, norm).map((length, n) => {
        assert.notEqual(given[n], batch.labels[n]);
        return length / (optimum[n]?.[norm] ?? NaN);
      });
      assert.ok(Math.min(...ratios) > 0.999, `ratios ${ratios.join(' ')}`);
      const allowed = norm === 'l2' ? 1.03 : 1.3;
      assert.ok(Math.max(...ratios) < allowed, `ratios ${ratios.join(' ')}`);
    });

    it('keeps no example that another pass, with other rounding, takes for the class of the image', async () => {
      // HopSkipJump's search for the boundary is the finer, the more values there are.
      const shape = name === 'boundary' ? [4, 4, 3] : [24, 24, 3];
      const exact = linearModel(3, shape);
      const batch = await labelledBy(exact, 6, shape, 0.3);
      let calls = 0;
      const rounding: ScoreModel = {
        classes: 3,
        async logits(images) {
          const { data, shape: of } = await exact.logits(images);
          calls++;
          const largest = data.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
          // Some last bits of float32, different for each logit and pass.
          return float32(
            data.map((value, i) => value + 5e-7 * largest * Math.sin(7 * i + 3 * calls)),
            of,
          );
        },
      };
      const found = await perturb(rounding, { name, norm, steps: name === 'boundary' ? 3000 : 2 }, batch);
      for (let pass = 0; pass < 20; pass++) {
        const given = await answers(rounding, found);
        for (const [n, label] of batch.labels.entries()) assert.notEqual(given[n], label, `image ${n}`);
      }
    });

    it('more steps never end further away', async () => {
      const model = linearModel(3, [5, 5, 3]);
      const batch = await labelledBy(model, 4, [5, 5, 3]);
      let before = [Infinity, Infinity, Infinity, Infinity];
      for (const steps of [0, 1, 2, 4, 8]) {
        const now = lengths(batch.images, await perturb(model, { name, norm, steps }, batch), norm);
        assert.ok(now.every((length, n) => length > 0 && length <= (before[n] ?? 0)));
        before = now;
      }
    });

    it('is fixed by its seed', async () => {
      const model = linearModel(3, [5, 5, 3]);
      const batch = await labelledBy(model, 4, [5, 5, 3]);
      const first = await perturb(model, { name, norm, steps: 3 }, batch);
      assert.deepEqual((await perturb(model, { name, norm, steps: 3 }, batch)).data, first.data);
      assert.notDeepEqual(
        (await perturb(model, { name, norm, steps: 3 }, batch, { seed: 1 })).data,
        first.data,
      );
    });

    it('leaves an image as it is that is misclassified already', async () => {
      const model = linearModel(3, [5, 5, 3]);
      const { images, labels } = await labelledBy(model, 4, [5, 5, 3]);
      const wrong = labels.map((label) => (label + 1) % 3);
      const before = model.queries;
      assert.deepEqual((await perturb(model, { name, norm }, { images, labels: wrong })).data, images.data);
      assert.equal(model.queries - before, 4);
    });

    it('starts from the nearest image of the pool that is misclassified where noise will not do, and says where there is none', async () => {
      // Everything is class 0 but images that are brighter on the left.
      const model: ScoreModel = {
        classes: 2,
        logits({ data, shape: [count = 0] }) {
          const logits = new Float32Array(2 * count);
          for (let n = 0; n < count; n++) {
            const [left = 0, right = 0] = data.subarray(2 * n, 2 * n + 2);
            logits[2 * n + 1] = left - right - 0.9;
          }
          return Promise.resolve(float32(logits, [count, 2]));
        },
      };
      const images = float32(Float32Array.of(0.4, 0.3, 1, 0.05, 0.5, 0.6), [3, 1, 2, 1]);
      const labels = Int32Array.of(0, 1, 0);
      const none = { name, norm, steps: 2, initialDraws: 0 };
      const pool = poolOf([1, 0], [0.95, 0.04], [0.3, 0.3], [0.2, 0.6]);
      const startPool = () => Promise.resolve(pool);
      const withPool = await perturb(model, none, { images, labels }, { context: { startPool } });
      assert.deepEqual(await answers(model, withPool), Int32Array.of(1, 0, 1));
      const untouched = await perturb(
        model,
        { ...none, steps: 0 },
        { images, labels },
        { context: { startPool } },
      );
      // Without a step only the search for the boundary, from the nearest of the pool, decides.
      for (const [n, [left = 0, right = 0]] of [
        [0.95, 0.04],
        [0.3, 0.3],
        [0.95, 0.04],
      ].entries()) {
        const clean = images.data.subarray(2 * n, 2 * n + 2);
        const found = untouched.data.subarray(2 * n, 2 * n + 2);
        const between = (value = NaN, from = NaN, to = NaN): boolean =>
          value >= Math.min(from, to) - 1e-6 && value <= Math.max(from, to) + 1e-6;
        assert.ok(between(found[0], clean[0], left) && between(found[1], clean[1], right), String(n));
      }

      const missing: number[] = [];
      const onNoStart = (row: number) => missing.push(row);
      // The neighbours of the batch are no start: only the pool is.
      const alone = await perturb(model, none, { images, labels }, { context: { onNoStart } });
      assert.deepEqual(alone.data, images.data);
      assert.deepEqual(missing, [0, 1, 2]);
      missing.length = 0;
      const dark = poolOf([0.1, 0.1]);
      const some = { startPool: () => Promise.resolve(dark), onNoStart };
      await perturb(model, none, { images, labels }, { context: some });
      assert.deepEqual(missing, [0, 2]);

      function poolOf(...rows: [number, number][]): StartPool {
        const predictions = Int32Array.from(rows, ([left, right]) => (left - right - 0.9 > 0 ? 1 : 0));
        return { predictions, image: (n) => Promise.resolve(Float32Array.from(rows[n] ?? [])) };
      }
    });

    it('is cancelled between two calls', async () => {
      const model = linearModel(3, [5, 5, 3]);
      const batch = await labelledBy(model, 2, [5, 5, 3]);
      const controller = new AbortController();
      let calls = 0;
      const stopping: ScoreModel = {
        classes: 3,
        logits(images) {
          if (++calls === 30) controller.abort();
          return model.logits(images);
        },
      };
      await assert.rejects(
        perturb(stopping, { name, norm }, batch, { context: { signal: controller.signal } }),
        (error) => error instanceof M2atError && error.code === 'cancelled',
      );
      assert.equal(calls, 30);
    });
  });
}

function lengths(clean: NdArray<'float32'>, found: NdArray<'float32'>, norm: 'linf' | 'l2'): number[] {
  const [count = 0] = clean.shape;
  const size = clean.data.length / count;
  return Array.from({ length: count }, (_, n) => {
    const range = [n * size, (n + 1) * size] as const;
    return perturbationNorm(clean.data.subarray(...range), found.data.subarray(...range), norm);
  });
}
