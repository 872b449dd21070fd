import assert from 'node:assert/strict';
import * as tf from '@tensorflow/tfjs';
import { rankedClasses } from '../../../../src/core/attacks/gradient/apgd';
import { apgdStages } from '../../../../src/core/attacks/gradient/apgd-schedule';
import type { LabelledImages } from '../../../../src/core/attacks/base/attack';
import { lossFor } from '../../../../src/core/attacks/base/losses';
import { marginOf } from '../../../../src/core/attacks/base/margin';
import { firstFloat32 } from '../../../../src/core/attacks/base/outputs';
import { attackTitle } from '../../../../src/core/attacks/plan/attack-title';
import { scoreModelOf } from '../../../../src/core/attacks/base/score-model';
import { readPredictions, type Prediction } from '../../../../src/core/attacks/base/predictions';
import type { Victim } from '../../../../src/core/attacks/base/victim';
import type { Device } from '../../../../src/core/engine/devices/device';
import { readArray } from '../../../../src/core/engine/arrays/device-array';
import { openDevice } from '../../../../src/core/engine/devices/devices';
import { float32, type NdArray } from '../../../../src/core/engine/arrays/nd-array';
import { M2atError } from '../../../../src/core/errors';
import { Random } from '../../../../src/core/random';
import { contextOf } from '../context';
import { oracle } from '../devices';
import { imageNorms, linearVictim, ownLabels } from '../linear-victim';
import { bound, named } from '../named';

const epsilons = { linf: 0.04, l2: 0.2, l1: 0.9 };
const names = ['apgd-ce', 'apgd-dlr', 'apgd-t'] as const;
const gradientNames = ['pgd', ...names] as const;

function randomImages(count: number, shape: readonly number[], seed = 5): NdArray<'float32'> {
  const random = Random.keyed(seed, 'images');
  const size = shape.reduce((product, dimension) => product * dimension, count);
  // Some values at the ends of the range.
  const value = (): number => Math.min(1, Math.max(0, 1.2 * random.uniform() - 0.1));
  return float32(Float32Array.from({ length: size }, value), [count, ...shape]);
}

/** Dense - tanh - dense: any image shape, any number of classes. */
function smallVictim(device: Device, classes: number, size: number): Victim {
  const random = Random.keyed(classes, 'small-victim');
  const weights = (rows: number, columns: number): number[][] =>
    Array.from({ length: rows }, () => Array.from({ length: columns }, () => random.normal()));
  const [first, second] = [weights(size, 12), weights(12, classes)];
  return {
    device,
    classes,
    logits: (images) =>
      tf.matMul(
        tf.tanh(tf.matMul(tf.sub(tf.reshape(images, [-1, size]), 0.5), tf.tensor2d(first))),
        tf.tensor2d(second),
      ),
  };
}

describe('Auto-PGD', () => {
  let device: Device;
  before(async () => {
    device = await openDevice('onnx-cpu', { threads: 1 });
  });
  after(() => device.dispose());

  const attack = async (
    victim: Victim,
    parameters: object,
    batch: LabelledImages,
    seed = 0,
  ): Promise<NdArray<'float32'>> => {
    const made = await bound(victim, parameters);
    const found = await readArray(await made.perturb(batch, contextOf(batch.labels.length, seed)));
    await made.dispose();
    return found;
  };
  const predict = async (
    victim: Victim,
    images: NdArray<'float32'>,
    labels: Int32Array,
  ): Promise<Prediction[]> => {
    const scores = scoreModelOf(victim);
    const predictions = readPredictions(await scores.logits(images), labels);
    await scores.dispose();
    return predictions;
  };

  for (const norm of ['linf', 'l2', 'l1'] as const) {
    it(`${norm}: within the ball and [0, 1], reproducible, and the loss rises (5 classes, 7 x 4 pixels, grey)`, async () => {
      const victim = smallVictim(device, 5, 28);
      const images = randomImages(9, [7, 4, 1]);
      const labels = await ownLabels(victim, images);
      const clean = await predict(victim, images, labels);
      for (const name of gradientNames) {
        const parameters = { name, norm, epsilon: epsilons[norm], steps: 25 };
        const found = await attack(victim, parameters, { images, labels });
        const lengths = imageNorms(images, found, norm);
        assert.ok(
          lengths.every((length) => length <= epsilons[norm] + 1e-6),
          `${name} ${lengths.join(' ')}`,
        );
        assert.deepEqual((await attack(victim, parameters, { images, labels })).data, found.data, name);
        const after = await predict(victim, found, labels);
        for (const [n, { loss }] of after.entries())
          assert.ok(loss > (clean[n]?.loss ?? NaN), `${name}, image ${n}`);
      }
    });
  }

  it('reaches the optimum of a linear network: a margin that falls by the dual norm', async () => {
    for (const norm of ['linf', 'l2', 'l1'] as const) {
      const linear = linearVictim(device, 2);
      const { victim } = linear;
      const images = randomImages(8, [2, 3, 2]);
      // Away from the ends of the range, so that the box does not matter.
      images.data.set(images.data.map((x) => 0.4 + 0.2 * x));
      const labels = await ownLabels(victim, images);
      // A little beyond the boundary of each image in turn, and a little before it.
      for (let n = 0; n < 3; n++) {
        const limit = linear.distance(images, n, norm);
        // A sparse step that moves two values at least does not reach the very corner of the l1 ball.
        for (const factor of [0.97, norm === 'l1' ? 1.2 : 1.03]) {
          if (factor * limit > 0.35) continue;
          const found = await attack(
            victim,
            { name: 'apgd-ce', norm, epsilon: factor * limit },
            { images, labels },
          );
          const broken = (await predict(victim, found, labels))[n]?.label !== labels[n];
          assert.equal(broken, factor > 1, `${norm}, image ${n}, ${factor}`);
        }
      }
    }
  });

  it('breaks what PGD-20 breaks, and more restarts never break less', async () => {
    const victim = smallVictim(device, 6, 27);
    const images = randomImages(24, [3, 3, 3]);
    const labels = await ownLabels(victim, images);
    const broken = async (parameters: object): Promise<boolean[]> => {
      const found = await attack(victim, parameters, { images, labels });
      return (await predict(victim, found, labels)).map(({ label }, n) => label !== labels[n]);
    };
    const epsilon = 0.08;
    const pgd = await broken({ name: 'pgd', epsilon, stepSize: 0.02, steps: 20 });
    assert.ok(pgd.includes(true) && pgd.includes(false), 'the test needs images of both kinds');
    const all = await Promise.all(names.map((name) => broken({ name, epsilon })));
    for (const [n, one] of pgd.entries())
      if (one)
        assert.ok(
          all.some((other) => other[n]),
          `image ${n}`,
        );
    const count = (values: readonly boolean[]): number => values.filter(Boolean).length;
    for (const [k, name] of names.entries())
      assert.ok(count(await broken({ name, epsilon, restarts: 3 })) >= count(all[k] ?? []), name);
  });

  it('uses another loss, and fewer targets, where there are too few classes, and says so', async () => {
    const images = randomImages(5, [2, 5, 1]);
    for (const classes of [2, 3]) {
      const victim = smallVictim(device, classes, 10);
      const labels = await ownLabels(victim, images);
      for (const name of names) {
        const made = await bound(victim, { name, epsilon: 0.5, steps: 20 });
        const notes = made.notes?.join(' ') ?? '';
        if (name === 'apgd-ce') assert.equal(notes, '');
        if (name === 'apgd-dlr' && classes === 2)
          assert.match(notes, /dlr loss needs 3 classes.*2: .* used margin/);
        if (name === 'apgd-t') {
          assert.match(notes, /dlr-targeted loss needs 4 classes.*used margin-targeted/);
          assert.match(notes, new RegExp(`used ${classes - 1} targets? instead of 9`));
        }
        await made.dispose();
        const found = await attack(victim, { name, epsilon: 0.5, steps: 20 }, { images, labels });
        const after = await predict(victim, found, labels);
        assert.ok(
          after.every(({ label }, n) => label !== labels[n]),
          `${name}, ${classes} classes`,
        );
      }
    }
    assert.throws(
      () => lossFor('ce', 1),
      (error) =>
        error instanceof M2atError && error.code === 'bad-input' && error.message.includes('no other class'),
    );
  });

  it('aims at the classes in the order of their clean logits', () => {
    const logits = float32(Float32Array.of(0.1, 3, 2, -1, 5, 4, 4, 6), [2, 4]);
    assert.deepEqual(
      [0, 1, 2, 3].map((rank) => Array.from(rankedClasses(logits, rank))),
      [
        [1, 3],
        [2, 0],
        [0, 1],
        [3, 2],
      ],
    );
  });

  it('averages the gradients of a network whose output is random', async () => {
    const eager = oracle();
    const still = smallVictim(eager, 4, 12);
    let passes = 0;
    const noisy: Victim = {
      ...still,
      logits(x) {
        passes++;
        return still.logits(tf.add(x, tf.randomNormal(x.shape, 0, 0.001)));
      },
    };
    const images = randomImages(3, [2, 2, 3]);
    const labels = await ownLabels(still, images);
    for (const name of ['pgd', 'apgd-ce']) {
      // So little that no image falls: an attack would stop then.
      const parameters = { name, epsilon: 0.001, steps: 4, eotSamples: 5 };
      passes = 0;
      const found = await attack(noisy, parameters, { images, labels });
      // Auto-PGD also looks at its start.
      assert.equal(passes, 5 * (name === 'pgd' ? 4 : 5));
      assert.ok(imageNorms(images, found, 'linf').every((length) => length <= 0.001 + 1e-6));
      // Averaging changes nothing for a network that is not random.
      const [one, five] = await Promise.all(
        [1, 5].map((eotSamples) => attack(still, { ...parameters, eotSamples }, { images, labels })),
      );
      for (const [i, value] of (one?.data ?? []).entries())
        assert.ok(Math.abs(value - (five?.data[i] ?? NaN)) < 1e-4, name);
    }
  });

  it('goes on with an image that a random network misclassified once, and keeps the last such iterate', async () => {
    const victim = smallVictim(device, 4, 12);
    const images = randomImages(12, [2, 2, 3]);
    const labels = await ownLabels(victim, images);
    const margins = async (of: Victim): Promise<number[]> => {
      const found = await attack(of, { name: 'apgd-ce', epsilon: 0.3, steps: 30 }, { images, labels });
      const program = device.compile('logits', (x) => [victim.logits(x)]);
      const logits = firstFloat32(await program.run(found));
      await program.dispose();
      return Array.from(labels, (label, n) => marginOf(logits.data.subarray(4 * n, 4 * n + 4), label));
    };
    const first = await margins(victim);
    const last = await margins({ ...victim, random: true });
    const fallen = first.flatMap((margin, n) => (margin < 0 ? [n] : []));
    assert.ok(fallen.length >= 6);
    assert.ok(fallen.every((n) => (last[n] ?? 0) < 0));
    const mean = (of: number[]): number => fallen.reduce((sum, n) => sum + (of[n] ?? NaN), 0) / fallen.length;
    assert.ok(mean(last) < 1.5 * mean(first), `${mean(last)} and ${mean(first)}`);
  });

  it('averages on a compiled device, too', async () => {
    const victim = smallVictim(device, 4, 12);
    const images = randomImages(3, [2, 2, 3]);
    const labels = await ownLabels(victim, images);
    for (const name of gradientNames) {
      const parameters = { name, epsilon: 0.05, steps: 6 };
      const one = await attack(victim, parameters, { images, labels });
      const many = await attack(victim, { ...parameters, eotSamples: 4 }, { images, labels });
      for (const [i, value] of one.data.entries())
        assert.ok(Math.abs(value - (many.data[i] ?? NaN)) < 1e-4, name);
    }
  });

  it('leaves an image as it is in every value where the gradient is zero but for the start', async () => {
    const flat: Victim = {
      ...smallVictim(device, 5, 12),
      logits: (x) => tf.mul(smallVictim(device, 5, 12).logits(x), 0),
    };
    const images = randomImages(4, [2, 3, 2]);
    for (const name of names) {
      const found = await attack(
        flat,
        { name, epsilon: 0.1, steps: 12 },
        { images, labels: new Int32Array(4) },
      );
      assert.ok(imageNorms(images, found, 'linf').every((length) => length <= 0.1 + 1e-6));
    }
  });

  it('can be cancelled between two steps', async () => {
    const victim = smallVictim(device, 5, 12);
    const controller = new AbortController();
    let runs = 0;
    const counting: Device = {
      ...device,
      name: device.name,
      compile(name, program) {
        const compiled = device.compile(name, program);
        return {
          name,
          run: (...inputs) => compiled.run(...inputs),
          runOnDevice(...inputs) {
            if (++runs === 3) controller.abort();
            return compiled.runOnDevice(...inputs);
          },
          dispose: () => compiled.dispose(),
        };
      },
    };
    const made = await bound(
      { ...victim, device: counting },
      { name: 'apgd-ce', epsilon: 0.01, steps: 5000 },
    );
    const images = randomImages(4, [2, 3, 2]);
    const labels = await ownLabels(victim, images);
    await assert.rejects(
      made.perturb({ images, labels }, contextOf(labels.length, 0, { signal: controller.signal })),
      (error) => error instanceof M2atError && error.code === 'cancelled',
    );
    assert.equal(runs, 3);
    await made.dispose();
  });
});

describe('Auto-PGD stages', () => {
  it('first a checkpoint at 22 % of the steps, then in shorter and shorter intervals', () => {
    const [stage] = apgdStages('linf', 0.03, 100);
    assert.deepEqual(stage?.intervals, [22, 19, 16, 13, 10, 7, 6, 6, 1]);
    assert.deepEqual(stage.lengths, [22, 19, 16, 13, 10, 7, 6, 6, 6]);
    assert.deepEqual(apgdStages('l2', 1, 1)[0]?.intervals, [1]);
  });

  it('l1: three radii', () => {
    const stages = apgdStages('l1', 12, 100);
    assert.deepEqual(
      stages.map(({ epsilon }) => epsilon),
      [36, 24, 12],
    );
    assert.deepEqual(
      stages.map(({ intervals }) => intervals.length),
      [30, 30, 40],
    );
    for (let steps = 1; steps < 12; steps++) {
      const few = apgdStages('l1', 12, steps);
      assert.equal(few.at(-1)?.epsilon, 12);
      assert.equal(
        few.flatMap(({ intervals }) => intervals).reduce((sum, value) => sum + value, 0),
        steps,
      );
    }
  });
});

describe('titles of gradient attacks', () => {
  it('say what differs from the default', () => {
    const title = (parameters: object): string => attackTitle(named(parameters));
    assert.equal(title({ name: 'apgd-ce' }), 'apgd-ce linf 8/255');
    assert.equal(
      title({ name: 'apgd-t', norm: 'l1', targets: 5, restarts: 5 }),
      'apgd-t l1 12, 5 targets, 5 restarts',
    );
    assert.equal(
      title({ name: 'apgd-dlr', norm: 'l2', steps: 20, eotSamples: 20 }),
      'apgd-dlr l2 0.5, 20 steps, 20 eot samples',
    );
    assert.equal(title({ name: 'bim', targeted: true }), 'bim-10 linf 8/255, targeted');
    assert.equal(title({ name: 'mi-fgsm', decay: 0.5 }), 'mi-fgsm linf 8/255, decay 0.5');
    assert.equal(title({ name: 'fgsm-rs', stepSize: 0.05 }), 'fgsm-rs linf 8/255, step 0.05');
    assert.equal(title({ name: 'pgd', norm: 'l1', momentum: 0.9 }), 'pgd-20 l1 12, momentum 0.9');
  });
});
