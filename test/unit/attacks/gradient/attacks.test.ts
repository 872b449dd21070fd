import assert from 'node:assert/strict';
import * as tf from '@tensorflow/tfjs';
import type { Attack, LabelledImages } from '../../../../src/core/attacks/base/attack';
import { perturbationNorm } from '../../../../src/core/attacks/base/perturbation';
import { readPredictions } from '../../../../src/core/attacks/base/predictions';
import { attackTitle } from '../../../../src/core/attacks/plan/attack-title';
import { fractionText } from '../../../../src/core/fraction';
import { layersModelVictim, type Victim } from '../../../../src/core/attacks/base/victim';
import { readArray } from '../../../../src/core/engine/arrays/device-array';
import type { NdArray } from '../../../../src/core/engine/arrays/nd-array';
import { contextOf } from '../context';
import { oracle } from '../devices';
import { tinyImages, tinyNetwork } from '../tiny-network';
import { bound, named } from '../named';

describe('attacks', () => {
  let model: tf.LayersModel;
  let victim: Victim;
  const batch = tinyImages(6);

  before(() => {
    model = tinyNetwork();
    victim = layersModelVictim(oracle(), model, 'eval');
  });
  after(() => {
    model.dispose();
  });

  const attackWith = (parameters: object): Promise<Attack> => bound(victim, parameters);
  const perturb = async (
    parameters: object,
    seed = 0,
    images: LabelledImages = batch,
  ): Promise<NdArray<'float32'>> =>
    readArray(await (await attackWith(parameters)).perturb(images, contextOf(images.labels.length, seed)));
  const lossOf = async (images: NdArray<'float32'>, labels: Int32Array): Promise<number> => {
    const [logits] = await victim.device.compile('logits', (x) => [victim.logits(x)]).run(images);
    assert.ok(logits);
    return readPredictions(logits, labels).reduce((sum, { loss }) => sum + loss, 0);
  };

  for (const norm of ['linf', 'l2'] as const) {
    for (const [epsilon, stepSize] of [
      [0.03, 0.01],
      [0.3, 0.25],
    ]) {
      it(`pgd ${norm} stays within ${epsilon ?? ''} and [0, 1]`, async () => {
        const found = await perturb({ name: 'pgd', norm, epsilon, stepSize, steps: 3 });
        assert.ok(found.data.every((value) => value >= 0 && value <= 1));
        const norms = perImage(batch.images, found, norm);
        assert.ok(norms.every((length) => length <= (epsilon ?? 0) + 1e-6));
        assert.ok(norms.every((length) => length > 0.3 * (epsilon ?? 0)));
      });
    }

    it(`pgd ${norm} raises the loss, and lowers that of the target when targeted`, async () => {
      const parameters = {
        name: 'pgd',
        norm,
        epsilon: norm === 'linf' ? 0.05 : 0.5,
        stepSize: 0.02,
        steps: 5,
      };
      const next = batch.labels.map((label) => (label + 1) % 5);
      const untargeted = await perturb({ ...parameters, randomStart: false });
      assert.ok((await lossOf(untargeted, batch.labels)) > (await lossOf(batch.images, batch.labels)) + 0.5);
      const targeted = await perturb({ ...parameters, randomStart: false, targeted: true }, 0, {
        ...batch,
        targetClasses: next,
      });
      assert.ok((await lossOf(targeted, next)) < (await lossOf(batch.images, next)) - 0.5);
    });
  }

  it('starts are random, and fixed by their key', async () => {
    const parameters = { name: 'pgd', steps: 1, stepSize: 1e-12 };
    const [first, again, other] = [
      await perturb(parameters, 1),
      await perturb(parameters, 1),
      await perturb(parameters, 2),
    ];
    assert.deepEqual(first.data, again.data);
    assert.notDeepEqual(first.data, other.data);
  });

  it('an l2 start has a random length within the ball', async () => {
    const many = tinyImages(40);
    const found = await perturb(
      { name: 'pgd', norm: 'l2', epsilon: 0.02, stepSize: 1e-12, steps: 1 },
      3,
      many,
    );
    const norms = perImage(many.images, found, 'l2');
    assert.ok(Math.max(...norms) <= 0.02 + 1e-6);
    assert.ok(Math.max(...norms) > 0.013 && Math.min(...norms) < 0.007);
  });

  it('an image keeps the first restart that fools', async () => {
    const many = tinyImages(24, 5, 4);
    const clean = await predictions(many.images, many.labels);
    // Attack the network's own answers, so that every image begins as not fooled.
    const own = { images: many.images, labels: Int32Array.from(clean) };
    const parameters = { name: 'pgd', epsilon: 0.3, stepSize: 1e-12, steps: 1 };
    const single = await attackWith(parameters);
    const { streams } = contextOf(24, 9);
    const starts: NdArray<'float32'>[] = [];
    for (let n = 0; n < 4; n++) {
      const forked = streams.map((stream) => (n === 0 ? stream : stream.fork(n)));
      starts.push(await readArray(await single.perturb(own, contextOf(24, 9, { streams: forked }))));
    }
    const labels = await Promise.all(starts.map((start) => predictions(start, own.labels)));
    const found = await perturb({ ...parameters, restarts: 4 }, 9, own);
    let early = 0;
    for (const [n, label] of own.labels.entries()) {
      const first = labels.findIndex((answers) => answers[n] !== label);
      const expected: NdArray<'float32'> | undefined = starts[first === -1 ? 3 : first];
      assert.ok(expected);
      assert.deepEqual(imageAt(found, n), imageAt(expected, n));
      if (first >= 0 && first < 3) early++;
    }
    assert.ok(early > 0, 'the test needs an image that an early restart fools');
  });

  it('a gradient of zero moves nothing', async () => {
    const flat: Victim = { ...victim, logits: (x) => tf.mul(victim.logits(x), 0) };
    for (const norm of ['linf', 'l2']) {
      const attack = await bound(flat, { name: 'pgd', norm, randomStart: false, steps: 2 });
      const found = await attack.perturb(batch, contextOf(batch.labels.length));
      assert.deepEqual((await readArray(found)).data, batch.images.data);
    }
  });

  it('a tiny gradient is a full l2 step', async () => {
    const faint: Victim = { ...victim, logits: (x) => tf.mul(victim.logits(x), 1e-22) };
    const attack = await bound(faint, {
      name: 'pgd',
      norm: 'l2',
      epsilon: 0.1,
      stepSize: 0.1,
      steps: 1,
      randomStart: false,
    });
    const middle = {
      ...batch,
      images: { ...batch.images, data: batch.images.data.map((x) => 0.3 + 0.4 * x) },
    };
    const found = await attack.perturb(middle, contextOf(middle.labels.length));
    for (const length of perImage(middle.images, await readArray(found), 'l2'))
      assert.ok(Math.abs(length - 0.1) < 1e-5);
  });

  it('leaves no tensor behind', async () => {
    const attack = await attackWith({ name: 'pgd', steps: 2, restarts: 2 });
    const run = () => attack.perturb(batch, contextOf(batch.labels.length));
    await run();
    const before = tf.memory().numTensors;
    await run();
    assert.equal(tf.memory().numTensors, before);
  });

  async function predictions(images: NdArray<'float32'>, labels: Int32Array): Promise<number[]> {
    const [logits] = await victim.device.compile('logits', (x) => [victim.logits(x)]).run(images);
    assert.ok(logits);
    return readPredictions(logits, labels).map(({ label }) => label);
  }
});

describe('attack parameters', () => {
  it('every number is filled in, by norm', () => {
    const resolved = (parameters: object) => named(parameters).parameters;
    assert.deepEqual(resolved({ name: 'fgsm' }), { name: 'fgsm', epsilon: 8 / 255, targeted: false });
    const linf = resolved({ name: 'pgd' });
    assert.deepEqual([linf.epsilon, linf.stepSize, linf.steps], [8 / 255, 2 / 255, 20]);
    const l2 = resolved({ name: 'pgd', norm: 'l2', steps: 10 });
    assert.deepEqual([l2.epsilon, l2.stepSize], [0.5, 0.125]);
  });

  it('titles say what differs from the usual', () => {
    const title = (parameters: object) => attackTitle(named(parameters));
    assert.equal(title({ name: 'pgd' }), 'pgd-20 linf 8/255');
    assert.equal(title({ name: 'fgsm', epsilon: 0.1, targeted: true }), 'fgsm linf 0.1, targeted');
    assert.equal(
      title({ name: 'pgd', norm: 'l2', steps: 5, stepSize: 0.2, restarts: 3, randomStart: false }),
      'pgd-5 l2 0.5, step 0.2, 3 restarts, no random start',
    );
    assert.equal(fractionText(1 / 3), '85/255');
    assert.equal(fractionText(0.031), '0.031');
  });
});

function perImage(a: NdArray<'float32'>, b: NdArray<'float32'>, norm: 'linf' | 'l2'): number[] {
  return Array.from({ length: a.shape[0] ?? 0 }, (_, n) =>
    perturbationNorm(imageAt(a, n), imageAt(b, n), norm),
  );
}

function imageAt(images: NdArray<'float32'>, n: number): Float32Array {
  const size = images.data.length / (images.shape[0] ?? 1);
  return images.data.slice(n * size, (n + 1) * size);
}
