import assert from 'node:assert/strict';
import * as tf from '@tensorflow/tfjs';
import { attackWarnings, type NetworkCheck } from '../../../../src/core/attacks/evaluation/attack-warnings';
import { checkNetwork } from '../../../../src/core/attacks/evaluation/check-network';
import {
  EvaluationState,
  type Attacked,
  type Evaluation,
  type GrowingOutcome,
} from '../../../../src/core/attacks/evaluation/evaluation';
import {
  Evaluator,
  type EvaluationProgress,
  type EvaluateOptions,
  type StoredBatch,
} from '../../../../src/core/attacks/evaluation/evaluator';
import { readPredictions } from '../../../../src/core/attacks/base/predictions';
import type { ResolvedAttack } from '../../../../src/core/attacks/plan/resolve-attack';
import { layersModelVictim, type Victim } from '../../../../src/core/attacks/base/victim';
import type { ImageSource } from '../../../../src/core/data/image-source';
import { memoryImages } from '../../../../src/core/data/memory-images';
import { float32 } from '../../../../src/core/engine/arrays/nd-array';
import { M2atError } from '../../../../src/core/errors';
import { Random } from '../../../../src/core/random';
import { oracle } from '../devices';
import { followEvaluation } from '../follow-evaluation';
import { tinyImages, tinyNetwork } from '../tiny-network';
import { named } from '../named';

const never = new AbortController().signal;
const fgsm = named({ name: 'fgsm', epsilon: 0.1 });
const pgd = named({ name: 'pgd', epsilon: 0.1, stepSize: 0.05, steps: 3, randomStart: false });

describe('Evaluator', () => {
  let model: tf.LayersModel;
  let victim: Victim;
  let set: ImageSource;

  before(async () => {
    model = tinyNetwork(3);
    victim = layersModelVictim(oracle(), model, 'eval');
    set = await labelledByNetwork(victim, 22);
  });
  after(() => {
    model.dispose();
  });

  const evaluate = (attacks: ResolvedAttack[], batchSize: number): Promise<Evaluation> =>
    new Evaluator(victim, attacks, batchSize).evaluate({
      set,
      indices: Array.from({ length: 20 }, (_, n) => n + 2),
      seed: 0,
      signal: never,
    });

  it('counts a clean error as not robust, and takes the worst case', async () => {
    const { count, clean, cleanAccuracy, robustAccuracy, attacks } = await evaluate([fgsm, pgd], 8);
    assert.equal(count, 20);
    const labels = Array.from(set.labels.subarray(2));
    const correct = clean.map(({ label }, n) => label === labels[n]);
    assert.equal(cleanAccuracy, correct.filter(Boolean).length / 20);
    assert.ok(cleanAccuracy < 1, 'the test needs clean errors');
    for (const { images, robustAccuracy: alone } of attacks) {
      assert.deepEqual(
        images.map(({ index }) => index),
        labels.map((_, n) => n + 2),
      );
      for (const [n, image] of images.entries()) {
        assert.equal(image.broken, correct[n] && image.adversarialPrediction !== image.label);
        if (!correct[n]) assert.equal(image.norm, 0);
      }
      assert.equal(alone, images.filter(({ broken }, n) => correct[n] && !broken).length / 20);
      assert.ok(alone < cleanAccuracy);
    }
    const survivors = correct.filter((ok, n) => ok && attacks.every(({ images }) => !images[n]?.broken));
    assert.equal(robustAccuracy, survivors.length / 20);
  });

  it('measures an attack on fewer images where it is told to, and leaves it out of the worst case then', async () => {
    const indices = Array.from({ length: 20 }, (_, n) => n + 2);
    const told: EvaluationProgress[] = [];
    const options = { set, indices, seed: 0, signal: never };
    const weak = named({ name: 'fgsm', epsilon: 0.01 });
    const whole = await evaluate([weak], 8);
    // The stronger one sees seven images: a batch of the queue, and a part of the next.
    const strong = named({ name: 'pgd', epsilon: 0.5, stepSize: 0.2, steps: 3, randomStart: false });
    for (const [attacks, counts] of [
      [
        [strong, weak],
        [7, 20],
      ],
      [
        [weak, strong],
        [20, 7],
      ],
    ] as const) {
      const evaluator = new Evaluator(victim, attacks, 4, { counts });
      const {
        count,
        robustAccuracy,
        attacks: outcomes,
      } = await evaluator.evaluate({
        ...options,
        onProgress: (progress) => told.push(progress),
      });
      assert.deepEqual([count, robustAccuracy], [20, whole.robustAccuracy]);
      const few = outcomes.find(({ parameters }) => parameters.epsilon === 0.5);
      assert.deepEqual(
        few?.images.map(({ index }) => index),
        indices.slice(0, 7),
      );
      const robust = few.images.filter(
        ({ broken, cleanPrediction, label }) => !broken && cleanPrediction === label,
      );
      assert.equal(few.robustAccuracy, robust.length / 7);
      assert.ok(few.robustAccuracy < robustAccuracy, 'the test needs a stronger attack');
      const last = told.filter(({ detail }) => detail.includes('0.5')).at(-1);
      assert.deepEqual([last?.done, last?.total], [7, 7]);
      await evaluator.dispose();
    }
  });

  it('does not depend on the batch size when the attack has no randomness', async () => {
    const outcomes = async (batchSize: number) =>
      (await evaluate([pgd], batchSize)).attacks[0]?.images.map(({ adversarialPrediction, broken }) => ({
        adversarialPrediction,
        broken,
      }));
    assert.deepEqual(await outcomes(3), await outcomes(20));
  });

  it('reports growing, ordered results and progress that ends at its total', async () => {
    const evaluator = new Evaluator(victim, [fgsm], 4);
    const sizes: number[] = [];
    const told: EvaluationProgress[] = [];
    const options: EvaluateOptions = {
      set,
      indices: set.labels.map((_, n) => n),
      seed: 0,
      signal: never,
      onProgress: (progress) => told.push(progress),
    };
    await followEvaluation(evaluator, options, (_, { attacks }) => {
      sizes.push(attacks[0]?.images.length ?? 0);
    });
    // A pass without an attack, then one of the attack, each over all images.
    assert.ok(told.every(({ total, pass }) => total === 22 && pass.count === 2));
    const passes = [0, 1].map((index) => told.filter(({ pass }) => pass.index === index));
    assert.deepEqual(told, passes.flat());
    for (const pass of passes) {
      const done = pass.map((progress) => progress.done);
      assert.deepEqual(
        done,
        [...done].sort((a, b) => a - b),
      );
      assert.equal(done.at(-1), 22);
    }
    assert.equal(passes[1]?.[0]?.done, 0, 'an attack says that it begins');
    assert.ok(sizes.length > 2);
    assert.deepEqual(
      sizes,
      [...sizes].sort((a, b) => a - b),
    );
    assert.equal(sizes.at(-1), 22);
  });

  it('is cancelled at a batch', async () => {
    const controller = new AbortController();
    const evaluator = new Evaluator(victim, [pgd], 4);
    const options = { set, indices: [0, 1, 2, 3, 4, 5, 6, 7], seed: 0, signal: controller.signal };
    const promise = followEvaluation(evaluator, options, () => {
      controller.abort();
    });
    await assert.rejects(promise, (error) => error instanceof M2atError && error.code === 'cancelled');
  });
});

describe('Evaluator, ensembles', () => {
  let model: tf.LayersModel;
  let victim: Victim;
  let set: ImageSource;
  const weak = named({ name: 'fgsm', epsilon: 0.02 });
  const strong = named({ name: 'pgd', epsilon: 0.06, stepSize: 0.03, steps: 6 });
  const all = Array.from({ length: 22 }, (_, n) => n);

  before(async () => {
    model = tinyNetwork(3);
    victim = layersModelVictim(oracle(), model, 'eval');
    set = await labelledByNetwork(victim, 22);
  });
  after(() => {
    model.dispose();
  });

  it('an attack leaves out what those before it have broken, and keeps it in its results', async () => {
    const attacked: number[][] = [[], []];
    const evaluator = new Evaluator(victim, [weak, strong], 5, { groups: [0, 0], smaller: [2] });
    const options = { set, indices: all, seed: 0, signal: never };
    const { attacks, robustAccuracy } = await followEvaluation(evaluator, options, (batch) => {
      attacked[batch.attackIndex]?.push(...batch.entered.positions);
    });
    const [first, second] = attacks;
    assert.ok(first && second);
    const broken = first.images.flatMap((image, n) => (image.broken ? [n] : []));
    assert.ok(broken.length > 0 && broken.length < (attacked[0]?.length ?? 0), 'the test needs both kinds');
    assert.deepEqual(
      attacked[1],
      attacked[0]?.filter((position) => !broken.includes(position)),
    );
    for (const position of broken) {
      assert.deepEqual(second.images[position], { ...first.images[position], carriedFrom: 0 });
    }
    assert.equal(second.images.length, 22);
    assert.ok(second.robustAccuracy < first.robustAccuracy);
    assert.equal(robustAccuracy, second.robustAccuracy);
    const apart = await new Evaluator(victim, [weak, strong], 5).evaluate(options);
    assert.ok(apart.attacks[1]?.images.every(({ carriedFrom }) => carriedFrom === undefined));
  });

  it('pads the last batch to one of few sizes', async () => {
    const sizes = new Set<number>();
    const counting: Victim = {
      ...victim,
      logits: (x) => {
        sizes.add(x.shape[0]);
        return victim.logits(x);
      },
    };
    const indices = all.slice(0, 13);
    const evaluator = new Evaluator(counting, [weak, strong], 8, { groups: [0, 0], smaller: [4, 2] });
    await evaluator.evaluate({ set, indices, seed: 0, signal: never });
    assert.ok(
      [...sizes].every((size) => [2, 4, 8].includes(size)),
      [...sizes].join(),
    );
  });

  it('goes on after any batch to the same numbers as an evaluation that was not stopped', async () => {
    const plain = (evaluation: Evaluation) => ({
      ...evaluation,
      attacks: evaluation.attacks.map((attack) => ({ ...attack, seconds: 0 })),
    });
    const options = { set, indices: all, seed: 4, signal: never };
    const create = () => new Evaluator(victim, [weak, strong], 5, { groups: [7, 7] });
    const batches: StoredBatch[] = [];
    const whole = await followEvaluation(create(), options, ({ attackIndex, batch, entered, seconds }) => {
      batches.push({ attackIndex, batch, entered, seconds });
    });
    assert.ok(batches.length >= 4);
    for (let done = 0; done <= batches.length; done++) {
      let again = 0;
      const evaluator = create();
      const state = evaluator.begin(options, whole.clean);
      for await (const batch of evaluator.batches(state, options, batches.slice(0, done))) {
        batch.count();
        again++;
      }
      assert.deepEqual(plain(state.result()), plain(whole));
      assert.equal(again, batches.length - done);
    }
    const foreign = batches.slice(1);
    await assert.rejects(
      create().batches(create().begin(options, whole.clean), options, foreign).next(),
      (error) => error instanceof M2atError && error.message.includes('another evaluation'),
    );
  });

  it('tells whether a network draws random numbers', async () => {
    const { images } = tinyImages(3, 3);
    assert.equal(await new Evaluator(victim, [], 4).largestDifference(images, 5), 0);
    const noisy: Victim = {
      ...victim,
      logits: (x) => tf.add(victim.logits(x), tf.randomNormal([x.shape[0], 3], 0, 0.1)),
    };
    assert.ok((await new Evaluator(noisy, [], 4).largestDifference(images, 5)) > 1e-3);
  });
});

describe('EvaluationState', () => {
  it('counts what a curve found within a budget that was asked for, and nothing beyond it', () => {
    const shape = [4, 1, 1, 1];
    const clean = float32(new Float32Array(4).fill(0.5), shape);
    const state = new EvaluationState([0, 1, 2, 3], new Int32Array(4), answers([0, 0, 0, 0]), new Set([1]));
    const enter = (epsilon: number, group: number, moves: number[]): void => {
      const outcome = state.begin(named({ name: 'fgsm', epsilon }), group);
      const open = [...state.open(outcome)];
      const adversarial = float32(
        Float32Array.from(open, (n) => 0.5 + (moves[n] ?? 0)),
        [open.length, 1, 1, 1],
      );
      const predictions = answers(open.map((n) => (moves[n] ? 1 : 0)));
      const part = {
        clean: float32(clean.data.slice(0, open.length), adversarial.shape),
        adversarial,
        predictions,
      };
      state.enter(outcome, state.judge(outcome, open, part), true);
    };
    enter(0.1, 0, [0.1, 0, 0, 0]);
    assert.equal(state.result().robustAccuracy, 0.75);
    enter(0.05, 1, [0, 0.05, 0, 0]);
    assert.equal(state.result().robustAccuracy, 0.5);
    enter(0.2, 1, [0, 0, 0.2, 0.09]);
    const result = state.result();
    assert.equal(result.robustAccuracy, 0.25);
    assert.deepEqual(
      result.attacks.map(({ robustAccuracy }) => robustAccuracy),
      [0.75, 0.75, 0.25],
    );
    const groups = [undefined, [0.05, 0.2]].map((epsilons) => ({
      name: 'fgsm',
      title: 'fgsm',
      ensemble: false,
      missing: [],
      epsilons,
    }));
    const check = { zeroGradients: 0, checked: 4, probabilities: false, randomness: 0 };
    const warnings = attackWarnings(result, { classes: 10, check, groups });
    assert.match(
      warnings.join(),
      /2 images withstood the attacks, but fell to a smaller epsilon of the curve/,
    );
  });

  it('does not count an example that left the budget or [0, 1], or is no number', () => {
    const shape = [4, 1, 1, 2];
    const clean = float32(Float32Array.of(0.5, 0.5, 0.5, 0.5, 0.95, 0.5, 0.5, 0.5), shape);
    const adversarial = float32(Float32Array.of(0.59, 0.5, 0.7, 0.5, 1.04, 0.5, NaN, 0.5), shape);
    const state = new EvaluationState([0, 1, 2, 3], new Int32Array(4), answers([0, 0, 0, 0]));
    const outcome = state.begin(fgsm);
    const done: Attacked = { clean, adversarial, predictions: answers([1, 1, 1, 1]) };
    state.enter(outcome, state.judge(outcome, [0, 1, 2, 3], done), true);
    assert.deepEqual(
      outcome.images.map(({ broken }) => broken),
      [true, false, false, false],
    );
    assert.equal(outcome.invalid, 3);
    assert.equal(outcome.robustAccuracy, 0.75);
    assert.equal(state.result().robustAccuracy, 0.75);
  });
});

describe('EvaluationState, part of the way', () => {
  it('is about the images that every attack which has begun is through with', () => {
    const shape = (count: number) => [count, 1, 1, 1];
    const images = (count: number) => float32(new Float32Array(count), shape(count));
    const moved = (count: number) => float32(new Float32Array(count).fill(0.05), shape(count));
    // Image 1 is a clean error.
    const state = new EvaluationState([0, 1, 2, 3, 4], new Int32Array(5), answers([0, 1, 0, 0, 0]));
    const numbers = () => {
      const { count, cleanAccuracy, robustAccuracy } = state.result();
      return [count, cleanAccuracy, robustAccuracy];
    };
    const add = (outcome: GrowingOutcome, positions: number[], labels: number[], last: boolean): void => {
      const [clean, adversarial] = [images(positions.length), moved(positions.length)];
      const predictions = answers(labels);
      state.enter(outcome, state.judge(outcome, positions, { clean, adversarial, predictions }), last);
    };
    assert.deepEqual(numbers(), [5, 0.8, 0.8]);
    const first = state.begin(fgsm);
    assert.deepEqual(numbers(), [0, 0, 0]);
    add(first, [0, 2], [1, 1], false);
    assert.deepEqual(numbers(), [3, 2 / 3, 0]);
    add(first, [3, 4], [0, 0], true);
    assert.deepEqual(numbers(), [5, 0.8, 0.4]);
    const second = state.begin(pgd);
    add(second, [0, 2, 3], [0, 0, 1], false);
    assert.deepEqual(numbers(), [4, 0.75, 0]);
    add(second, [4], [0], true);
    assert.deepEqual(numbers(), [5, 0.8, 0.2]);
  });
});

describe('EvaluationState, attacks without a budget', () => {
  const deepfool = named({ name: 'deepfool' });
  const enter = (state: EvaluationState, parameters: ResolvedAttack, labels: number[]): void => {
    const shape = [labels.length, 1, 1, 1];
    const clean = float32(new Float32Array(labels.length).fill(0.5), shape);
    const adversarial = float32(new Float32Array(labels.length).fill(0.51), shape);
    const outcome = state.begin(parameters);
    const positions = [...labels.keys()];
    const done: Attacked = { clean, adversarial, predictions: answers(labels) };
    state.enter(outcome, state.judge(outcome, positions, done), true);
  };

  it('count for the worst case only where no other attack has one', () => {
    const state = new EvaluationState([0, 1, 2, 3], new Int32Array(4), answers([0, 0, 0, 0]));
    enter(state, deepfool, [1, 1, 1, 1]);
    assert.equal(state.result().robustAccuracy, 0);
    enter(state, fgsm, [1, 0, 0, 0]);
    assert.equal(state.result().robustAccuracy, 0.75);
    enter(state, named({ name: 'deepfool', epsilon: 1 }), [0, 1, 0, 0]);
    assert.equal(state.result().robustAccuracy, 0.5, 'an epsilon makes it count');
  });
});

describe('attack warnings', () => {
  const fine = { zeroGradients: 0, checked: 64, probabilities: false, randomness: 0 };
  const evaluation = (cleanAccuracy: number, robust: number[]): Evaluation => ({
    count: 100,
    loss: 1,
    cleanAccuracy,
    robustAccuracy: Math.min(...robust),
    clean: [],
    attacks: [fgsm, pgd].map((attack, n) => ({
      ...attack,
      title: attack.definition.name,
      robustAccuracy: robust[n] ?? 0,
      seconds: 1,
      group: n,
      images: [],
      invalid: 0,
    })),
  });

  it('says nothing of sound results', () => {
    assert.deepEqual(attackWarnings(evaluation(0.6, [0.3, 0.25]), { classes: 10, check: fine }), []);
  });

  it('warns of accuracy near chance, weak PGD, zero gradients and probabilities', () => {
    const one = (e: Evaluation, check: NetworkCheck = fine): string => {
      const [warning, ...more] = attackWarnings(e, { classes: 10, check });
      assert.ok(warning);
      assert.deepEqual(more, []);
      return warning;
    };
    const poor = evaluation(0.12, [0.1, 0.05]);
    assert.match(one(poor), /near chance/);
    assert.match(one({ ...poor, count: 20 }), /near chance/);
    const few = attackWarnings({ ...poor, count: 19 }, { classes: 10, check: fine });
    assert.deepEqual(few, [], 'so few images say nothing');
    assert.match(one(evaluation(0.6, [0.2, 0.3])), /fgsm breaks more images than pgd/);
    assert.match(one(evaluation(0.6, [0.3, 0.2]), { ...fine, zeroGradients: 3 }), /zero for 3 of 64/);
    const faulty = { ...fine, notFinite: 5 };
    assert.match(one(evaluation(0.6, [0.3, 0.2]), faulty), /not finite for 5 of 64 images\. In attacks/);
    const known = { ...faulty, gradientInside: true, faultyNode: { op: 'Pow', node: 'gamma' } };
    assert.match(
      one(evaluation(0.6, [0.3, 0.2]), known),
      /5 of 64 images, from Pow \(node "gamma"\) on\. At pixels that are 0 or 1 attacks take it 0\.01 inside/,
    );
    assert.match(
      one(evaluation(0.6, [0.3, 0.2]), { ...fine, probabilities: true }),
      /look like probabilities.*"outputs": "probabilities" in the sidecar.*--outputs probabilities/,
    );
    assert.match(
      one(evaluation(0.6, [0.3, 0.2]), { ...fine, shares: true }),
      /as behind a sigmoid.*--outputs prob/,
    );
  });

  it('finds zero gradients and probabilities in a network', async () => {
    const model = tinyNetwork(3);
    const victim = layersModelVictim(oracle(), model, 'eval');
    const batch = tinyImages(4, 3);
    assert.deepEqual(await checkNetwork(victim, batch), {
      zeroGradients: 0,
      checked: 4,
      probabilities: false,
    });
    const saturated: Victim = {
      ...victim,
      logits: (x) => tf.softmax(tf.mul(tf.reshape(victim.logits(x), [4, 3]), 1e5)),
    };
    const check = await checkNetwork(saturated, batch);
    assert.ok(check.probabilities);
    assert.equal(check.zeroGradients, 4);
    model.dispose();
  });
});

function answers(labels: number[]) {
  return labels.map((label) => ({ label, confidence: 1, loss: 0 }));
}

/** Images that carry the network's own answer as their label, every fifth one a wrong one. */
async function labelledByNetwork(victim: Victim, count: number): Promise<ImageSource> {
  const random = Random.keyed(3, 'images');
  const images = Uint8Array.from({ length: count * 108 }, () => random.int(256));
  const input = float32(
    Float32Array.from(images, (byte) => byte / 255),
    [count, 6, 6, 3],
  );
  const [logits] = await victim.device.compile('logits', (x) => [victim.logits(x)]).run(input);
  assert.ok(logits);
  const labels = readPredictions(logits, new Int32Array(count)).map(({ label }, n) =>
    n % 5 === 4 ? (label + 1) % 3 : label,
  );
  const size = { height: 6, width: 6, channels: 3 };
  return memoryImages({ split: 'test', images, labels: Int32Array.from(labels), count, ...size });
}
