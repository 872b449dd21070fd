import assert from 'node:assert/strict';
import { isEightBit, roundInwards, rounded, toEightBit } from '../../../../src/core/attacks/base/eight-bit';
import type { Evaluation } from '../../../../src/core/attacks/evaluation/evaluation';
import {
  Evaluator,
  type EvaluatorOptions,
  type JudgedBatch,
} from '../../../../src/core/attacks/evaluation/evaluator';
import { perturbationNorm } from '../../../../src/core/attacks/base/perturbation';
import type { Norm } from '../../../../src/core/attacks/parameters/attack-parameters';
import type { ResolvedAttack } from '../../../../src/core/attacks/plan/resolve-attack';
import type { ImageSource } from '../../../../src/core/data/image-source';
import { memoryImages } from '../../../../src/core/data/memory-images';
import { float32 } from '../../../../src/core/engine/arrays/nd-array';
import { Random } from '../../../../src/core/random';
import { oracle } from '../devices';
import { followEvaluation } from '../follow-evaluation';
import { linearVictim, ownLabels } from '../linear-victim';
import { named } from '../named';
import { budgetOf, normOf } from '../../../../src/core/attacks/parameters/known-attack';

const norms: readonly Norm[] = ['linf', 'l2', 'l1', 'l0'];
/** Values of an image of the linear network. */
const SIZE = 12;
const signal = new AbortController().signal;

function uniform(random: Random, count: number): Float32Array {
  return Float32Array.from({ length: count }, () => random.uniform());
}

describe('8-bit images', () => {
  const random = Random.keyed(3, 'eight-bit-test');

  it('lie between the clean image and the example: no norm grows', () => {
    for (let n = 0; n < 50; n++) {
      const clean = toEightBit(uniform(random, 40));
      const example = uniform(random, 40).map((value, i) => (i % 4 === 0 ? (clean[i] ?? 0) : value));
      for (const norm of norms) {
        const { image, fits } = roundInwards(clean, example, { norm, epsilon: Infinity });
        assert.ok(fits && isEightBit(image));
        assert.ok(perturbationNorm(clean, image, norm) <= perturbationNorm(clean, example, norm));
        for (const [i, value] of image.entries()) {
          const step = Math.abs((example[i] ?? 0) - value);
          assert.ok(step < 1.001 / 255, 'the nearest one of them');
          assert.equal(value, Math.fround(Math.round(value * 255) / 255));
        }
      }
    }
  });

  it('keep an example that is on the grid already, whatever float32 made of it', () => {
    const clean = toEightBit(uniform(random, 300)).map((value) => Math.min(value, Math.fround(240 / 255)));
    const example = clean.map((value) => value + Math.fround(8 / 255));
    const { image } = roundInwards(clean, example, { norm: 'linf', epsilon: 8 / 255 });
    const levels = [...image].map((value, i) => Math.round(value * 255) - Math.round((clean[i] ?? 0) * 255));
    assert.deepEqual([...new Set(levels)], [8]);
  });

  it('stay in the ball around an image that is not on the grid, where they can', () => {
    const budgets = { linf: 0.01, l2: 0.05, l1: 0.3 };
    for (let n = 0; n < 50; n++) {
      const clean = uniform(random, 40);
      const direction = uniform(random, 40).map((value) => value - 0.5);
      for (const norm of ['linf', 'l2', 'l1'] as const) {
        const epsilon = budgets[norm];
        const length = perturbationNorm(new Float32Array(40), direction, norm);
        const example = clean.map((value, i) =>
          Math.min(1, Math.max(0, value + ((direction[i] ?? 0) * epsilon) / length)),
        );
        const { image, fits } = roundInwards(clean, example, { norm, epsilon });
        assert.ok(fits && isEightBit(image));
        assert.ok(perturbationNorm(clean, image, norm) <= epsilon + 1e-6);
      }
      const none = roundInwards(clean, clean, { norm: 'l2', epsilon: 1e-4 });
      assert.deepEqual(none, { image: toEightBit(clean), fits: false });
    }
  });

  it('go beyond the example when they are rounded outwards, and never out of [0, 1]', () => {
    const clean = Float32Array.of(0.5, 0.5, 0.999, 0.001);
    const example = Float32Array.of(0.501, 0.499, 0.9995, 0.0005);
    const levels = [...rounded(clean, example, 'outwards')].map((value) => Math.round(255 * value));
    assert.deepEqual(levels, [128, 127, 255, 0]);
    assert.ok(rounded(clean, Float32Array.of(0, 0, NaN, 0), 'inwards').some(Number.isNaN), 'NaN stays');
  });
});

describe('Evaluator, 8 bits', () => {
  const { victim } = linearVictim(oracle(), 3);
  let set: ImageSource;
  const indices = Array.from({ length: 20 }, (_, n) => n);

  before(async () => {
    const values = uniform(Random.keyed(4, 'eight-bit-test'), 20 * SIZE);
    const labels = await ownLabels(victim, float32(toEightBit(values), [20, 2, 3, 2]));
    const images = Uint8Array.from(values, (value) => Math.round(255 * value));
    set = memoryImages({ split: 'test', images, labels, count: 20, height: 2, width: 3, channels: 2 });
  });

  const evaluate = async (
    attacks: ResolvedAttack[],
    options: EvaluatorOptions = {},
  ): Promise<{ evaluation: Evaluation; batches: JudgedBatch[] }> => {
    const batches: JudgedBatch[] = [];
    const evaluator = new Evaluator(victim, attacks, 6, options);
    const evaluation = await followEvaluation(evaluator, { set, indices, seed: 1, signal }, (batch) => {
      batches.push(batch);
    });
    return { evaluation, batches };
  };

  it('says of every example that counts whether an 8-bit file of it still fools', async () => {
    const attacks = [
      named({ name: 'deepfool' }),
      named({ name: 'pgd', epsilon: 0.05, stepSize: 0.02, steps: 5 }),
    ];
    const { batches, evaluation } = await evaluate(attacks);
    const found = new Map<string, number>();
    for (const { attackIndex, entered, adversarial } of batches) {
      const data = Float32Array.from(adversarial.data, (value) => Math.fround(Math.round(255 * value) / 255));
      const predictions = await ownLabels(victim, float32(data, adversarial.shape));
      for (const [row, image] of entered.images.entries()) {
        const expected = image.broken ? predictions[row] !== image.label : undefined;
        assert.equal(image.survivesRounding, expected);
        const key = `${attackIndex} ${String(image.survivesRounding)}`;
        found.set(key, (found.get(key) ?? 0) + 1);
      }
    }
    assert.ok(found.get('0 false'), 'smallest perturbations that rounding undoes');
    assert.ok(found.get('0 true') && found.get('1 true'));
    assert.ok(evaluation.attacks.every(({ images }) => images.length === 20));
  });

  it('judges what is on the grid, within the budget, also in an ensemble and of a curve', async () => {
    const attacks = [
      named({ name: 'fgsm', epsilon: 0.02 }),
      named({ name: 'pgd', norm: 'l2', epsilon: 0.3, steps: 5 }),
      named({ name: 'apgd-ce', norm: 'l1', epsilon: 3, steps: 10 }),
      named({ name: 'deepfool', norm: 'l2', epsilon: 0.5 }),
    ];
    const options = { groups: [0, 0, 1, 2], curves: new Set([1]) };
    const { batches, evaluation } = await evaluate(attacks, { ...options, eightBit: true });
    let broken = 0;
    for (const { entered, clean, adversarial, attackIndex, predictions } of batches) {
      const own = await ownLabels(victim, adversarial);
      const attack = attacks[attackIndex];
      assert.ok(attack);
      for (const [row, image] of entered.images.entries()) {
        const part = adversarial.data.subarray(row * SIZE, (row + 1) * SIZE);
        for (const value of part) assert.equal(value, Math.fround(Math.round(255 * value) / 255));
        const length = perturbationNorm(
          clean.data.subarray(row * SIZE, (row + 1) * SIZE),
          part,
          normOf(attack),
        );
        assert.equal(image.norm, length);
        assert.equal(predictions[row]?.label, own[row]);
        const within: boolean = length <= budgetOf(attack) + 1e-6;
        assert.equal(image.broken, own[row] !== image.label && within);
        if (image.broken) {
          broken++;
          assert.equal(image.survivesRounding, true);
        }
      }
    }
    assert.ok(broken > 10);
    assert.deepEqual(
      evaluation.attacks.map(({ invalid }) => invalid),
      [0, 0, 0, 0],
    );
    const { evaluation: plain } = await evaluate(attacks.slice(0, 1));
    const [asFloats, asBytes] = [plain.attacks[0], evaluation.attacks[0]];
    assert.ok(asFloats && asBytes && asBytes.robustAccuracy >= asFloats.robustAccuracy);
  });

  it('a smallest perturbation that rounding towards the clean image undoes is rounded away from it', async () => {
    const attacks = [named({ name: 'deepfool' }), named({ name: 'deepfool', norm: 'linf' })];
    const { evaluation, batches } = await evaluate(attacks, { eightBit: true });
    const { evaluation: plain } = await evaluate(attacks);
    for (const [n, attack] of evaluation.attacks.entries()) {
      assert.equal(attack.robustAccuracy, plain.attacks[n]?.robustAccuracy);
      assert.ok(attack.images.some(({ norm }, at) => norm > (plain.attacks[n]?.images[at]?.norm ?? 0)));
    }
    assert.ok(batches.every(({ adversarial }) => isEightBit(adversarial.data)));
  });

  it('an image whose budget has no 8-bit image in it is robust, and no defect of the attack', async () => {
    const images = uniform(Random.keyed(5, 'eight-bit-test'), 4 * SIZE);
    const labels = await ownLabels(victim, float32(images, [4, 2, 3, 2]));
    const offGrid = memoryImages({
      split: 'test',
      images,
      labels,
      count: 4,
      height: 2,
      width: 3,
      channels: 2,
    });
    const evaluator = new Evaluator(victim, [named({ name: 'fgsm', epsilon: 1e-3 })], 4, {
      eightBit: true,
    });
    const { attacks } = await evaluator.evaluate({ set: offGrid, indices: [0, 1, 2, 3], seed: 0, signal });
    assert.deepEqual(
      attacks.map(({ robustAccuracy, invalid }) => [robustAccuracy, invalid]),
      [[1, 0]],
    );
  });
});
