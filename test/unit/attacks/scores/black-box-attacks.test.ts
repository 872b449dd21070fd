import assert from 'node:assert/strict';
import type * as tf from '@tensorflow/tfjs';
import { isBlackBox } from '../../../../src/core/attacks/plan/attack-list';
import { logProbability, marginOf } from '../../../../src/core/attacks/base/margin';
import { readPredictions } from '../../../../src/core/attacks/base/predictions';
import { attackTitle } from '../../../../src/core/attacks/plan/attack-title';
import { budgetOf, normOf } from '../../../../src/core/attacks/parameters/known-attack';
import { scoreModelOf } from '../../../../src/core/attacks/base/score-model';
import { createSpatial, gridOf } from '../../../../src/core/attacks/scores/spatial';
import { spatialParameters } from '../../../../src/core/attacks/scores/spatial-definition';
import { shrinkageAt, sideOf } from '../../../../src/core/attacks/scores/square-search';
import { layersModelVictim } from '../../../../src/core/attacks/base/victim';
import type { Device } from '../../../../src/core/engine/devices/device';
import { readArray } from '../../../../src/core/engine/arrays/device-array';
import { openDevice } from '../../../../src/core/engine/devices/devices';
import { float32 } from '../../../../src/core/engine/arrays/nd-array';
import { contextOf } from '../context';
import { answers, labelledBy, linearModel } from '../linear-model';
import { perturbationNorm } from '../../../../src/core/attacks/base/perturbation';
import { tinyImages, tinyNetwork } from '../tiny-network';
import { bound, named } from '../named';
import { attacks } from '../../../../src/core/attacks';
import { requestedAttack } from '../../../../src/core/attacks/plan/attack-plan';

describe('attacks by forward passes, on a compiled network', () => {
  let device: Device;
  let network: tf.LayersModel;
  before(async () => {
    device = await openDevice('onnx-cpu', { threads: 1 });
    network = tinyNetwork();
  });
  after(async () => {
    network.dispose();
    await device.dispose();
  });

  for (const parameters of [
    { name: 'square', epsilon: 0.2, queries: 200 },
    { name: 'square', norm: 'l2', epsilon: 1.5, queries: 200 },
    { name: 'square', norm: 'l1', epsilon: 6, queries: 200 },
    { name: 'simba', epsilon: 1.5, queries: 200 },
    { name: 'simba', basis: 'dct', epsilon: 1.5, queries: 200 },
    { name: 'nes', epsilon: 0.2, steps: 30, samples: 10 },
    { name: 'spsa', epsilon: 0.2, steps: 30, samples: 10 },
    { name: 'hopskipjump', steps: 3 },
    { name: 'hopskipjump', norm: 'linf', steps: 3 },
    { name: 'boundary', steps: 50 },
    { name: 'spatial' },
  ]) {
    it(`${Object.values(parameters).join(' ')} fools it, within the budget`, async () => {
      const victim = layersModelVictim(device, network, 'eval');
      const { images } = tinyImages(12);
      const scores = scoreModelOf(victim);
      const labels = await answers(scores, images);
      const resolved = named(parameters);
      assert.ok(isBlackBox(resolved.definition));
      const attack = await bound(victim, parameters);
      const found = await readArray(await attack.perturb({ images, labels }, contextOf(labels.length)));
      const given = await answers(scores, found);
      const broken = given.filter((label, n) => label !== labels[n]).length;
      assert.ok(broken >= 8, `${broken} of 12`);
      for (let n = 0; n < 12; n++) {
        const range = [n * 108, (n + 1) * 108] as const;
        const length = perturbationNorm(
          images.data.subarray(...range),
          found.data.subarray(...range),
          normOf(resolved),
        );
        assert.ok(length <= budgetOf(resolved) + 1e-6);
      }
      assert.ok(found.data.every((value) => value >= 0 && value <= 1));
      await attack.dispose();
      await scores.dispose();
    });
  }
});

describe('the parameters of attacks by forward passes', () => {
  it('every number is filled in, by norm', () => {
    const resolved = (parameters: object) => named(parameters);
    assert.deepEqual(resolved({ name: 'square' }).parameters, {
      name: 'square',
      norm: 'linf',
      epsilon: 8 / 255,
      queries: 5000,
      initialShare: 0.8,
      rescaleSchedule: false,
      restarts: 1,
      targeted: false,
    });
    assert.equal(budgetOf(resolved({ name: 'square', norm: 'l2' })), 0.5);
    const simba = resolved({ name: 'simba', norm: 'linf', epsilon: '4/255' });
    assert.equal(simba.parameters.stepSize, 4 / 255);
    const nes = resolved({ name: 'nes', norm: 'l2' });
    assert.deepEqual([nes.parameters.epsilon, nes.parameters.stepSize], [0.5, 0.1]);
    assert.equal(budgetOf(resolved({ name: 'spsa' })), 8 / 255);
    assert.equal(budgetOf(resolved({ name: 'hopskipjump' })), Infinity);
    assert.equal(budgetOf(resolved({ name: 'boundary', epsilon: 0.5 })), 0.5);
    assert.equal(budgetOf(resolved({ name: 'spatial' })), Infinity);
  });

  it('an L-inf budget above 1 is refused, an L2 one is not', () => {
    for (const name of ['square', 'simba', 'nes', 'spsa']) {
      const parse = (norm: string) => requestedAttack(attacks).safeParse({ name, norm, epsilon: 8 });
      assert.match(parse('linf').error?.issues[0]?.message ?? '', /for linf must be between 0 and 1.*got 8/);
      assert.equal(parse('l2').success, true);
    }
  });

  it('titles say what differs from the usual', () => {
    const title = (parameters: object) => attackTitle(named(parameters));
    assert.equal(title({ name: 'square' }), 'square linf 8/255');
    assert.equal(title({ name: 'square', queries: 100, norm: 'l2' }), 'square l2 0.5, 100 queries');
    assert.equal(title({ name: 'simba', basis: 'dct' }), 'simba l2 0.5, basis dct');
    assert.equal(title({ name: 'hopskipjump' }), 'hopskipjump l2');
    assert.equal(title({ name: 'spatial', maxRotation: 10 }), 'spatial, max rotation 10');
  });
});

describe("Square's schedule", () => {
  it('halves the share after 10, 50, 200, 500, 1000, 2000, 4000, 6000 and 8000 iterations', () => {
    const shares = [0, 10, 11, 50, 51, 200, 201, 501, 1001, 2001, 4001, 6001, 8000, 8001, 99_999];
    assert.deepEqual(
      shares.map((iteration) => Math.log2(shrinkageAt(iteration))),
      [0, 0, 1, 1, 2, 2, 3, 4, 5, 6, 7, 8, 8, 9, 9],
    );
  });

  it('makes squares that fit', () => {
    assert.equal(sideOf(0.8, 32, 32), 29);
    assert.equal(sideOf(0.8 / 512, 32, 32), 1);
    assert.equal(sideOf(0.8, 4, 40), 4);
    assert.equal(sideOf(1e-9, 4, 40), 1);
  });
});

describe('margins', () => {
  it('are the logit less the largest other one', () => {
    assert.equal(marginOf(Float32Array.of(1, 3, 2), 1), 1);
    assert.equal(marginOf(Float32Array.of(1, 3, 2), 0), -2);
    assert.equal(marginOf(Float32Array.of(1), 0), Infinity);
    assert.equal(marginOf(Float32Array.of(1, NaN), 0), -Infinity);
  });

  it('log-probabilities agree with the loss, and don’t saturate', () => {
    const logits = Float32Array.of(1, -2, 0.5, 3);
    for (const label of [0, 1, 2, 3]) {
      const [prediction] = readPredictions(float32(logits, [1, 4]), [label]);
      assert.ok(Math.abs(logProbability(logits, label) + (prediction?.loss ?? NaN)) < 1e-6);
    }
    const sure = (gap: number) => logProbability(Float32Array.of(gap, 0), 0);
    assert.ok(sure(101) > sure(100) && sure(100) < 0);
    assert.equal(logProbability(Float32Array.of(-1000, 1000), 0), -2000);
    assert.equal(logProbability(Float32Array.of(5), 0), 0);
  });
});

describe('spatial', () => {
  it('tries 31 angles and 5 x 5 shifts by default, the mildest first', () => {
    const grid = gridOf(spatialParameters.parse({ name: 'spatial' }), [32, 48, 3]);
    assert.equal(grid.length, 31 * 25 - 1);
    assert.ok(Math.abs(grid[0]?.rotation ?? NaN) === 2 && grid[0]?.right === 0);
    const largest = (key: 'rotation' | 'right' | 'down') => Math.max(...grid.map((one) => one[key]));
    assert.deepEqual([largest('rotation'), largest('right'), largest('down')], [30, 5, 3]);
    assert.equal(new Set(grid.map((one) => JSON.stringify(one))).size, grid.length);
  });

  it('keeps the first that fools, the worst where none does, and the clean image where there is none to try', async () => {
    const shape = [8, 8, 1];
    const model = linearModel(3, shape);
    const batch = await labelledBy(model, 10, shape);
    const run = async (more: object) => {
      const attack = createSpatial(model, spatialParameters.parse({ name: 'spatial', ...more }));
      return readArray(await attack.perturb(batch, contextOf(batch.labels.length)));
    };
    const margins = async (images: typeof batch.images) => {
      const { data } = await model.logits(images);
      return Array.from(batch.labels, (label, n) => marginOf(data.subarray(3 * n, 3 * n + 3), label));
    };
    const clean = await margins(batch.images);
    const nothing = await run({ maxRotation: 0, maxTranslation: 0 });
    assert.deepEqual(nothing.data, batch.images.data);
    for (const more of [{}, { search: 'random' }, { maxRotation: 3, maxTranslation: 0, rotations: 3 }]) {
      const found = await margins(await run(more));
      assert.ok(found.every((margin, n) => margin <= (clean[n] ?? NaN)));
      assert.ok(found.some((margin, n) => margin < (clean[n] ?? NaN)));
    }
  });
});
