import assert from 'node:assert/strict';
import type { LabelledImages } from '../../../../src/core/attacks/base/attack';
import { perturbationNorm } from '../../../../src/core/attacks/base/perturbation';
import type { ScoreModel } from '../../../../src/core/attacks/base/score-model';
import { readArray } from '../../../../src/core/engine/arrays/device-array';
import { float32, type NdArray } from '../../../../src/core/engine/arrays/nd-array';
import { M2atError } from '../../../../src/core/errors';
import { contextOf } from '../context';
import { answers, boundaryDistances, labelledBy, linearModel } from '../linear-model';
import { bound, forwardVictim } from '../named';

const never = new AbortController().signal;

async function perturb(
  model: ScoreModel,
  parameters: object,
  batch: LabelledImages,
  { seed = 0, signal = never } = {},
): Promise<NdArray<'float32'>> {
  const attack = await bound(forwardVictim(model), parameters);
  const found = await readArray(
    await attack.perturb(batch, contextOf(batch.labels.length, seed, { signal })),
  );
  await attack.dispose();
  return found;
}

/** Attacks with settings that find what there is to find on small images. */
const attacks = [
  { name: 'square', norm: 'linf', queries: 1500 },
  { name: 'square', norm: 'l2', queries: 1500 },
  { name: 'simba', norm: 'linf', queries: 1000 },
  { name: 'simba', norm: 'l2', basis: 'pixel', queries: 2000 },
  { name: 'simba', norm: 'l2', basis: 'dct', queries: 2000 },
  { name: 'nes', norm: 'linf', steps: 40, samples: 50 },
  { name: 'nes', norm: 'l2', steps: 40, samples: 50 },
  { name: 'spsa', norm: 'linf', steps: 40, samples: 50 },
  { name: 'spsa', norm: 'l2', steps: 40, samples: 50 },
] as const;

for (const parameters of attacks) {
  const { name, norm } = parameters;
  const title = 'basis' in parameters ? `${name} ${norm} ${parameters.basis}` : `${name} ${norm}`;
  describe(title, () => {
    const shapes = [
      { what: 'square colour', shape: [6, 6, 3], classes: 5 },
      { what: 'wide grayscale', shape: [4, 11, 1], classes: 2 },
      { what: 'tall', shape: [9, 2, 3], classes: 3 },
      { what: 'single pixel', shape: [1, 1, 1], classes: 2 },
    ];
    for (const { what, shape, classes } of shapes) {
      it(`stays in the ball and in [0, 1], and never comes closer to the label: ${what} images`, async () => {
        const model = linearModel(classes, shape);
        const batch = await labelledBy(model, 6, shape);
        const epsilon = norm === 'linf' ? 0.06 : 0.4;
        const found = await perturb(model, { ...parameters, ...quick(name), epsilon }, batch);
        assert.deepEqual(found.shape, batch.images.shape);
        assert.ok(found.data.every((value) => value >= 0 && value <= 1));
        const before = await margins(model, batch.images, batch.labels);
        const after = await margins(model, found, batch.labels);
        for (const [n, length] of norms(batch.images, found, norm).entries()) {
          assert.ok(length <= epsilon + 1e-6, `norm ${length}`);
          if (shape[0] !== 1) assert.ok((after[n] ?? NaN) < (before[n] ?? NaN), 'the margin shrinks');
        }
      });
    }

    it('breaks a linear model where the budget is a third more than that takes, and not where it is less', async () => {
      const shape = [6, 6, 3];
      const model = linearModel(3, shape);
      const batch = await labelledBy(model, 8, shape, 0.25);
      const distances = await boundaryDistances(model, batch);
      for (const [n, distance] of distances.entries()) {
        const one = single(batch, n);
        for (const [share, broken] of [
          [0.95, false],
          // The weights are noise, which bumps of 3 x 3 pixels and more can't follow.
          [title === 'square l2' ? 3 : 4 / 3, true],
        ] as const) {
          const epsilon = share * distance[norm];
          // A step as long as the budget would only ever leave one direction.
          const fine = name === 'simba' && norm === 'l2' ? { stepSize: epsilon / 20 } : {};
          const found = await perturb(model, { ...parameters, ...fine, epsilon }, one);
          const [answer] = await answers(model, found);
          assert.equal(answer !== one.labels[0], broken, `image ${n}, ${share} of ${distance[norm]}`);
        }
      }
    });

    it('is fixed by its seed, image by image, whoever else is in the batch', async () => {
      const model = linearModel(3, [5, 5, 3]);
      const batch = await labelledBy(model, 5, [5, 5, 3]);
      const small = { ...parameters, ...quick(name), epsilon: norm === 'linf' ? 0.02 : 0.1 };
      const first = await perturb(model, small, batch);
      assert.deepEqual((await perturb(model, small, batch)).data, first.data);
      assert.notDeepEqual((await perturb(model, small, batch, { seed: 1 })).data, first.data);
      const alone = await perturb(model, small, single(batch, 0));
      assert.deepEqual(alone.data, first.data.subarray(0, 75));
    });

    it('asks no more about images that are misclassified', async () => {
      const model = linearModel(3, [5, 5, 3]);
      const { images, labels } = await labelledBy(model, 5, [5, 5, 3]);
      const before = model.queries;
      await perturb(model, parameters, { images, labels: labels.map((label) => (label + 1) % 3) });
      // One look at each, and for Square one start.
      assert.ok(model.queries - before <= 10, `${model.queries - before} queries`);
    });

    it('is cancelled between two calls', async () => {
      const model = linearModel(3, [5, 5, 3]);
      const batch = await labelledBy(model, 2, [5, 5, 3], 0.5);
      const controller = new AbortController();
      let calls = 0;
      const stopping: ScoreModel = {
        classes: 3,
        logits(images) {
          if (++calls === 3) controller.abort();
          return model.logits(images);
        },
      };
      const tiny = { ...parameters, epsilon: 1e-4 };
      await assert.rejects(
        perturb(stopping, tiny, batch, { signal: controller.signal }),
        (error) => error instanceof M2atError && error.code === 'cancelled',
      );
      assert.equal(calls, 3);
    });
  });
}

describe('score-based attacks', () => {
  it('search again only for images that still resist', async () => {
    const model = linearModel(3, [5, 5, 3]);
    const { images, labels } = await labelledBy(model, 8, [5, 5, 3]);
    // Seven of eight are misclassified at once.
    const given = labels.map((label, n) => (n === 3 ? label : (label + 1) % 3));
    for (const [parameters, queries] of [
      [{ name: 'square', queries: 20 }, 21],
      [{ name: 'nes', steps: 2, samples: 4 }, 11],
      [{ name: 'spsa', steps: 2, samples: 4 }, 11],
    ] as const) {
      const before = model.queries;
      await perturb(model, { ...parameters, restarts: 4, epsilon: 1e-5 }, { images, labels: given });
      // A look at all, four searches, and a look after each but the last.
      assert.equal(model.queries - before, 8 + 4 * queries + 3, parameters.name);
    }
  });

  it('survive logits that are not numbers', async () => {
    const broken: ScoreModel = {
      classes: 3,
      logits: ({ shape: [count = 0] }) =>
        Promise.resolve(float32(new Float32Array(3 * count).fill(NaN), [count, 3])),
    };
    const { images } = await labelledBy(linearModel(3, [4, 4, 1]), 2, [4, 4, 1]);
    for (const parameters of attacks) {
      const found = await perturb(
        broken,
        { ...parameters, ...quick(parameters.name) },
        { images, labels: Int32Array.of(0, 1) },
      );
      assert.ok(found.data.every((value) => value >= 0 && value <= 1));
    }
  });

  it('ask as often as they say', async () => {
    const model = linearModel(3, [6, 6, 3]);
    const batch = await labelledBy(model, 1, [6, 6, 3]);
    for (const [parameters, queries] of [
      [{ name: 'square', queries: 100 }, 101],
      [{ name: 'simba', queries: 100 }, 100],
      [{ name: 'nes', steps: 5, samples: 10 }, 1 + 5 * 11],
      [{ name: 'spsa', steps: 5, samples: 9 }, 1 + 5 * 11],
    ] as const) {
      const before = model.queries;
      await perturb(model, { ...parameters, epsilon: 1e-4 }, batch);
      assert.equal(model.queries - before, queries, parameters.name);
    }
  });
});

/** Fewer queries, where only the rules are looked at. */
function quick(name: string): object {
  return name === 'square' || name === 'simba' ? { queries: 60 } : { steps: 3, samples: 10 };
}

function single({ images, labels }: LabelledImages, n: number): LabelledImages {
  const size = images.data.length / labels.length;
  const data = images.data.slice(n * size, (n + 1) * size);
  return { images: float32(data, [1, ...images.shape.slice(1)]), labels: labels.slice(n, n + 1) };
}

function norms(clean: NdArray<'float32'>, found: NdArray<'float32'>, norm: 'linf' | 'l2'): number[] {
  const [count = 0] = clean.shape;
  const size = clean.data.length / count;
  return Array.from({ length: count }, (_, n) => {
    const range = [n * size, (n + 1) * size] as const;
    return perturbationNorm(clean.data.subarray(...range), found.data.subarray(...range), norm);
  });
}

async function margins(model: ScoreModel, images: NdArray<'float32'>, labels: Int32Array): Promise<number[]> {
  const { data } = await model.logits(images);
  return Array.from(labels, (label, n) => {
    const row = Array.from(data.subarray(n * model.classes, (n + 1) * model.classes));
    const [own = NaN] = row.splice(label, 1);
    return own - Math.max(...row);
  });
}
