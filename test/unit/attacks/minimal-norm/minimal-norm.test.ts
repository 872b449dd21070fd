import assert from 'node:assert/strict';
import * as tf from '@tensorflow/tfjs';
import type { Attack, LabelledImages } from '../../../../src/core/attacks/base/attack';
import { minimalNormAttack, type SearchPass } from '../../../../src/core/attacks/budget/minimal-norm';
import type { ScoreModel } from '../../../../src/core/attacks/base/score-model';
import { budgetOf, normOf } from '../../../../src/core/attacks/parameters/known-attack';
import { bestPair } from '../../../../src/core/attacks/minimal-norm/saliency-pair';
import type { Victim } from '../../../../src/core/attacks/base/victim';
import type { Device } from '../../../../src/core/engine/devices/device';
import { readArray } from '../../../../src/core/engine/arrays/device-array';
import { openDevice } from '../../../../src/core/engine/devices/devices';
import { float32, type NdArray } from '../../../../src/core/engine/arrays/nd-array';
import { isCancelled } from '../../../../src/core/cancellation';
import { Random } from '../../../../src/core/random';
import { contextOf } from '../context';
import { oracle } from '../devices';
import { imageNorms, linearVictim, ownLabels } from '../linear-victim';
import { bound, named } from '../named';

const short = { steps: 60, searches: 4, initialConstant: 0.1, stepSize: 0.05 };
const all = [
  { name: 'deepfool', norm: 'l2' },
  { name: 'deepfool', norm: 'linf' },
  { name: 'fab', norm: 'linf', steps: 15, restarts: 2 },
  { name: 'fab', norm: 'l2', steps: 15, restarts: 2 },
  { name: 'fab', norm: 'l1', steps: 15, restarts: 2 },
  { name: 'fab-t', norm: 'l2', steps: 10, targets: 3 },
  { name: 'cw', ...short, steps: 150, stepSize: 0.005, abortEarly: false },
  { name: 'ead', ...short },
  { name: 'jsma', gamma: 1, targets: 3 },
];

/** Images around the middle, on which the network is right but for the last one. */
async function batchFor(
  victim: Victim,
  shape: readonly number[],
  count: number,
  spread = 0.2,
): Promise<LabelledImages> {
  const random = Random.keyed(3, 'minimal-norm-images');
  const size = shape.reduce((product, dimension) => product * dimension, count);
  const data = Float32Array.from({ length: size }, () => 0.5 + spread * (2 * random.uniform() - 1));
  const images = float32(data, [count, ...shape]);
  const labels = await ownLabels(victim, images);
  labels[count - 1] = ((labels[count - 1] ?? 0) + 1) % victim.classes;
  return { images, labels };
}

describe('minimal-norm attacks', () => {
  let device: Device;
  before(async () => {
    device = await openDevice('onnx-cpu', { threads: 1 });
  });
  after(() => device.dispose());

  const perturb = async (attack: Attack, batch: LabelledImages, seed = 0): Promise<NdArray<'float32'>> =>
    readArray(await attack.perturb(batch, contextOf(batch.labels.length, seed)));

  for (const parameters of all) {
    const title = Object.values(parameters).slice(0, 2).join(' ');
    const norm = normOf(named(parameters));

    it(`${title}: grayscale and non-square images, two classes`, async () => {
      const { victim } = linearVictim(device, 2, [3, 5, 1]);
      const batch = await batchFor(victim, [3, 5, 1], 5);
      const attack = await bound(victim, parameters);
      const found = await perturb(attack, batch);
      const labels = await ownLabels(victim, found);
      const norms = imageNorms(batch.images, found, norm);
      assert.ok(labels.every((label, n) => label !== batch.labels[n]));
      // What is misclassified as it is stays as it is.
      assert.deepEqual(
        norms.map((length) => length > 0),
        [true, true, true, true, false],
      );
      assert.deepEqual((await perturb(attack, batch)).data, found.data);
      await attack.dispose();
    });

    if (norm === 'l0') continue;
    it(`${title}: a linear network's nearest boundary`, async () => {
      const linear = linearVictim(device, 4, [3, 3, 2]);
      const batch = await batchFor(linear.victim, [3, 3, 2], 8, 0.05);
      const attack = await bound(linear.victim, parameters);
      const norms = imageNorms(batch.images, await perturb(attack, batch), norm);
      await attack.dispose();
      // Shrinking keeps EAD away from the smallest L1 norm; the box does the same to L1 in general.
      const most = { deepfool: 1.03, fab: 1.05, 'fab-t': 1.05, cw: 1, ead: 3 }[parameters.name] ?? NaN;
      // Adam's steps of 0.005 move an image by up to 0.011.
      const slack = parameters.name === 'cw' ? 0.011 : 3e-4;
      for (const [n, length] of norms.slice(0, -1).entries()) {
        const shortest = linear.distance(batch.images, n, norm);
        assert.ok(length >= shortest * (1 - 1e-4), `${length} is less than ${shortest}`);
        if (norm === 'l1') assert.ok(length < 3 * shortest + 0.2);
        else assert.ok(length <= most * shortest + slack, `image ${n}: ${length}, not ${shortest}`);
      }
    });
  }

  it('one class: nothing to find, and no failure', async () => {
    const { victim } = linearVictim(device, 1);
    const images = float32(new Float32Array(24).fill(0.5), [2, 2, 3, 2]);
    for (const parameters of all) {
      if (['cw', 'ead'].includes(parameters.name)) continue;
      const attack = await bound(victim, parameters);
      assert.deepEqual(
        (await perturb(attack, { images, labels: new Int32Array(2) })).data,
        images.data,
        parameters.name,
      );
      await attack.dispose();
    }
  });

  it('a network without gradients is not moved', async () => {
    const { victim } = linearVictim(device, 3);
    const flat: Victim = {
      ...victim,
      logits: (x) => tf.add(tf.mul(victim.logits(x), 0), tf.tensor1d([0.5, 0, 0.2])),
    };
    const images = float32(new Float32Array(24).fill(0.5), [2, 2, 3, 2]);
    for (const parameters of all) {
      const attack = await bound(flat, parameters);
      const found = await perturb(attack, { images, labels: new Int32Array(2) });
      assert.deepEqual(found.data, images.data, parameters.name);
      await attack.dispose();
    }
  });

  it('random starts are fixed by their key', async () => {
    const { victim } = linearVictim(device, 3);
    const curved: Victim = { ...victim, logits: (x) => tf.sin(tf.mul(victim.logits(x), 9)) };
    const batch = await batchFor(curved, [2, 3, 2], 6, 0.4);
    const attack = await bound(curved, { name: 'fab', norm: 'l2', steps: 2, restarts: 5 });
    const [first, again, other] = [
      await perturb(attack, batch, 1),
      await perturb(attack, batch, 1),
      await perturb(attack, batch, 2),
    ];
    assert.deepEqual(first.data, again.data);
    assert.notDeepEqual(first.data, other.data);
    await attack.dispose();
  });

  it('keeps what reaches the target before what is misclassified, however small, before none', async () => {
    // Class 1 above a half, class 2 above 0.8.
    const steps: ScoreModel = {
      classes: 3,
      logits: ({ data, shape: [count = 0] }) =>
        Promise.resolve(
          float32(
            Float32Array.from(Array.from(data).flatMap((x) => [0, x > 0.5 ? 1 : -1, x > 0.8 ? 2 : -1])),
            [count, 3],
          ),
        ),
    };
    const lengths = [
      [0.45, 0.75, 0.85],
      [0.65, 0.45, 0.1],
      [0.1, 0.2, 0.3],
    ];
    const images = float32(new Float32Array(3).fill(0.1), [3, 1, 1, 1]);
    const attack = minimalNormAttack(
      steps,
      { norm: 'l2', passes: 3 },
      {
        find: (batch, { index }) =>
          Promise.resolve(
            float32(
              Float32Array.from({ length: batch.labels.length }, (_, n) => 0.1 + (lengths[n]?.[index] ?? 0)),
              batch.images.shape,
            ),
          ),
        dispose: () => Promise.resolve(),
      },
    );
    const found = await perturb(attack, {
      images,
      labels: new Int32Array(3),
      targetClasses: new Int32Array(3).fill(2),
    });
    for (const [n, value] of [0.85, 0.55, 0.1].entries())
      assert.ok(Math.abs((found.data[n] ?? NaN) - value) < 1e-3, `image ${n}: ${found.data[n] ?? ''}`);
  });

  it('an image with an example within epsilon is done, the others go on in smaller batches', async () => {
    const { victim } = linearVictim(device, 3);
    const { images, labels } = await batchFor(victim, [2, 3, 2], 8, 0.05);
    const passes: { size: number; best: number[] }[] = [];
    const attack = minimalNormAttack(
      victim,
      { norm: 'l2', passes: 3, epsilon: 100 },
      {
        find(batch, pass: SearchPass) {
          passes.push({ size: batch.labels.length, best: [...pass.best] });
          // Black images in the first pass, white ones in the second: some are misclassified.
          return Promise.resolve(
            float32(new Float32Array(batch.images.data.length).fill(pass.index % 2), batch.images.shape),
          );
        },
        dispose: () => Promise.resolve(),
      },
    );
    const found = await perturb(attack, { images, labels });
    const own = await ownLabels(victim, found);
    const size = found.data.length / labels.length;
    for (const [n, label] of labels.entries()) {
      const image = found.data.subarray(n * size, (n + 1) * size);
      const moved = !image.every((value, i) => value === images.data[n * size + i]);
      assert.equal(moved, own[n] !== label && n < labels.length - 1);
    }
    // Seven, padded to a multiple of four.
    assert.equal(passes[0]?.size, 8);
    assert.ok(passes.every(({ best }) => best.every((value) => value === Infinity)));
    assert.ok((passes[1]?.size ?? 0) < 8 || passes.length === 1, 'some images fell in the first pass');
    await attack.dispose();
  });

  it('stops within a batch when it is cancelled', async () => {
    const { victim } = linearVictim(device, 3);
    const batch = await batchFor(victim, [2, 3, 2], 4);
    for (const parameters of all) {
      const controller = new AbortController();
      const attack = await bound(victim, { ...parameters, ...('steps' in parameters && { steps: 10_000 }) });
      const running = attack.perturb(batch, contextOf(batch.labels.length, 0, { signal: controller.signal }));
      setImmediate(() => {
        controller.abort();
      });
      await assert.rejects(Promise.resolve(running), isCancelled, parameters.name);
      await attack.dispose();
    }
  });

  it('leaves no tensor behind', async () => {
    const { victim } = linearVictim(oracle(), 3);
    const batch = await batchFor(victim, [2, 3, 2], 3);
    for (const parameters of all) {
      const attack = await bound(victim, { ...parameters, ...('searches' in parameters && { steps: 5 }) });
      await perturb(attack, batch);
      const before = tf.memory().numTensors;
      await perturb(attack, batch);
      assert.equal(tf.memory().numTensors, before, parameters.name);
      await attack.dispose();
    }
  });

  it('says where a network has fewer classes than were to be aimed at', async () => {
    for (const name of ['fab-t', 'jsma']) {
      const { victim } = linearVictim(oracle(), 3);
      assert.deepEqual((await bound(victim, { name, targets: 9 })).notes, [
        `The network has 3 classes: ${name} used 2 targets instead of 9.`,
      ]);
      assert.deepEqual((await bound(victim, { name, targets: 2 })).notes ?? [], []);
    }
  });

  it('an epsilon is a budget; without one any perturbation counts', () => {
    const budget = (parameters: object): number => budgetOf(named(parameters));
    assert.equal(budget({ name: 'deepfool' }), Infinity);
    assert.equal(budget({ name: 'fab-t', epsilon: '8/255' }), 8 / 255);
  });
});

describe('the pair of values that JSMA changes', () => {
  it('is the best of all pairs', () => {
    const random = Random.keyed(1, 'pairs');
    for (let round = 0; round < 200; round++) {
      const size = 2 + random.int(30);
      // Few different numbers in every other round, so that values are equal.
      const draw = (): number => (round % 2 ? random.normal() : random.int(5) - 2);
      const gain = Float32Array.from({ length: size }, draw);
      const loss = Float32Array.from({ length: size }, draw);
      const domain = [...gain.keys()].filter(() => random.int(5) > 0);
      const value = (p: number, q: number): number => {
        const [more, less] = [(gain[p] ?? 0) + (gain[q] ?? 0), (loss[p] ?? 0) + (loss[q] ?? 0)];
        return more > 0 && less > 0 ? Math.fround(more) * Math.fround(less) : 0;
      };
      const largest = Math.max(
        0,
        ...domain.flatMap((p) => domain.filter((q) => q !== p).map((q) => value(p, q))),
      );
      const pair = bestPair(gain, loss, domain);
      assert.equal(pair === undefined, largest === 0);
      if (pair) {
        assert.ok(pair.every((index) => domain.includes(index)) && pair[0] !== pair[1]);
        assert.ok(Math.abs(value(...pair) - largest) <= 1e-6 * largest);
      }
    }
  });
});
