import assert from 'node:assert/strict';
import * as tf from '@tensorflow/tfjs';
import * as z from 'zod';
import { experimentSchemas } from '../../../src/core/experiment/experiment-schema';
import { builtIn } from '../../../src/core/registry/registry';
import { float32, scalar } from '../../../src/core/engine/arrays/nd-array';
import { cyclesMomentum, learningRateAt, momentumAt } from '../../../src/core/experiment/schedule';
import { scheduleProblems } from '../../../src/core/experiment/schedule-problems';
import { planTraining } from '../../../src/core/experiment/training-plan';
import { scheduleParameters } from '../../../src/core/experiment/training-schema';
import { Sgd } from '../../../src/core/training/sgd';
import vectors from '../../reference/schedules.json';
import { testDevices } from '../attacks/devices';
import { tinyExperiment } from './tiny-task';

const rate = (schedule: object, progress: number): number =>
  learningRateAt(scheduleParameters.parse(schedule), progress, 1);
const near = (actual: number, expected: number): void => {
  assert.ok(Math.abs(actual - expected) < 1e-12, `${actual} is not ${expected}`);
};

describe('schedules', () => {
  it('piecewise drops at its milestones', () => {
    const schedule = { name: 'piecewise', learningRate: 0.1, milestones: [0.5, 0.75], factor: 0.1 };
    near(rate(schedule, 0), 0.1);
    near(rate(schedule, 0.4999), 0.1);
    near(rate(schedule, 0.5), 0.01);
    near(rate(schedule, 0.99), 0.001);
  });

  it('cosine falls to its final rate', () => {
    const schedule = { name: 'cosine', learningRate: 0.1, final: 0.02 };
    near(rate(schedule, 0), 0.1);
    near(rate(schedule, 0.5), 0.06);
    near(rate(schedule, 1), 0.02);
  });

  it('cyclic rises to its peak and falls to 0', () => {
    const schedule = { name: 'cyclic', learningRate: 0.2, peak: 0.4 };
    near(rate(schedule, 0), 0);
    near(rate(schedule, 0.2), 0.1);
    near(rate(schedule, 0.4), 0.2);
    near(rate(schedule, 0.7), 0.1);
    near(rate({ ...schedule, peak: 0 }, 0), 0.2);
    near(rate({ ...schedule, peak: 1 }, 0.5), 0.1);
  });
});

const references = z
  .array(
    z.object({
      schedule: z.looseObject({ name: z.string() }),
      steps: z.int(),
      nesterov: z.boolean(),
      momentum: z.number(),
      weightDecay: z.number(),
      rates: z.array(z.number()),
      momenta: z.array(z.number()),
      initial: z.array(z.number()),
      gradients: z.array(z.array(z.number())),
      final: z.array(z.number()),
    }),
  )
  .parse(vectors);

describe("PyTorch's schedulers", () => {
  for (const { schedule: given, steps, ...reference } of references) {
    const schedule = scheduleParameters.parse(given);
    const title = `${JSON.stringify(given)} of ${steps} steps`;
    const momentumOf = (step: number): number => momentumAt(schedule, step, steps) ?? reference.momentum;

    it(`give the same rates and momenta: ${title}`, () => {
      assert.equal(reference.rates.length, steps);
      reference.rates.forEach((expected, step) => {
        near(learningRateAt(schedule, step, steps), expected);
      });
      reference.momenta.forEach((expected, step) => {
        near(momentumOf(step), expected);
      });
    });

    for (const { name, open } of testDevices) {
      it(`give the same weights on ${name}: ${title}`, async () => {
        const device = await open();
        const weight = tf.variable(tf.tensor1d(reference.initial));
        const cycles = cyclesMomentum(schedule);
        const sgd = new Sgd([weight], { ...reference, decay: 'all' }, cycles);
        const program = device.compile('sgd', (...inputs) => {
          const [gradient, ...scalars] = inputs;
          if (!gradient) throw new TypeError('A program gets its inputs.');
          sgd.apply([gradient], scalars);
          return scalars;
        });
        for (const [step, gradient] of reference.gradients.entries()) {
          await program.run(
            float32(Float32Array.from(gradient), [3]),
            scalar(learningRateAt(schedule, step, steps)),
            ...(cycles ? [scalar(momentumOf(step))] : []),
          );
        }
        const final = [...weight.dataSync()];
        reference.final.forEach((expected, i) => {
          assert.ok(Math.abs((final[i] ?? NaN) - expected) < 1e-5, `${final[i]} is not ${expected}`);
        });
        await program.dispose();
        sgd.dispose();
        weight.dispose();
        await device.dispose();
      });
    }
  }

  it('refuse a single step, and a momentum that would rise', () => {
    const problems = (schedule: object, epochs = 2): string[] => {
      const training = { epochs, batchSize: 8, schedule };
      return scheduleProblems(tinyExperiment({ training }), 8).map(({ path }) => path.join('.'));
    };
    assert.deepEqual(problems({ name: 'one-cycle' }), []);
    assert.deepEqual(problems({ name: 'one-cycle' }, 1), ['training.schedule']);
    const rising = { baseMomentum: 0.9, maxMomentum: 0.5 };
    const place = ['training.schedule.baseMomentum'];
    assert.deepEqual(problems({ name: 'one-cycle', ...rising }), place);
    assert.deepEqual(problems({ name: 'one-cycle', ...rising, cycleMomentum: false }), []);
    assert.deepEqual(problems({ name: 'cyclic', ...rising, cycleMomentum: true }), place);
    assert.deepEqual(problems({ name: 'cyclic', ...rising }), []);
  });

  it('refuse a warm-up that leaves nothing, or has nothing to rise to', () => {
    // A step an epoch.
    const problems = (schedule: object, epochs = 4): string =>
      scheduleProblems(tinyExperiment({ training: { epochs, batchSize: 8, schedule } }), 8)
        .map(({ path, message }) => `${path.join('.')} ${message}`)
        .join();
    assert.equal(problems({ name: 'cosine', warmup: 3 }), '');
    assert.match(
      problems({ name: 'cosine', warmup: 4 }),
      /^training\.schedule\.warmup must be shorter than the training, which has 4 epochs.*got 4$/,
    );
    assert.match(
      problems({ name: 'cyclic', warmup: 1 }),
      /^training\.schedule\.warmup has nothing to rise to/,
    );
    assert.equal(problems({ name: 'cyclic', peak: 0, warmup: 1 }), '');
    // One-cycle ends in its last step: it needs two after the warm-up.
    assert.match(problems({ name: 'one-cycle', warmup: 3 }), /a single step/);
    assert.equal(problems({ name: 'one-cycle', warmup: 2 }), '');
  });

  it('rise to the first rate of any schedule, with its first momentum', () => {
    const given = { name: 'one-cycle', learningRate: 0.5, warmup: { epochs: 2, factor: 0.2 } };
    const [schedule, alone] = [given, { ...given, warmup: undefined }].map((each) =>
      scheduleParameters.parse(each),
    );
    assert.ok(schedule && alone);
    // Of ten epochs of three steps, six steps: from 0.2 of the first rate, 0.5 / 25, to all of it.
    for (let step = 0; step < 6; step++) {
      near(learningRateAt(schedule, step, 30, 10), 0.02 * (0.2 + (0.8 * step) / 6));
      near(momentumAt(schedule, step, 30, 10) ?? NaN, 0.95);
    }
    for (let step = 6; step < 30; step++) {
      near(learningRateAt(schedule, step, 30, 10), learningRateAt(alone, step - 6, 24));
      near(momentumAt(schedule, step, 30, 10) ?? NaN, momentumAt(alone, step - 6, 24) ?? NaN);
    }
  });
});

describe('planTraining', () => {
  const plan = (everyEpochs: number, epochs = 3, trainCount = 1000) =>
    planTraining(
      experimentSchemas(builtIn).run.parse({
        dataset: { name: 'cifar10' },
        model: { name: 'small-cnn' },
        method: { name: 'standard' },
        training: { epochs, batchSize: 128 },
        evaluation: { everyEpochs },
      }),
      trainCount,
    );
  const due = (p: ReturnType<typeof plan>): number[] =>
    Array.from({ length: p.steps + 1 }, (_, step) => step).filter((step) => p.evaluationDue(step));

  it('has whole batches only, and evaluates at its period and at the end', () => {
    const p = plan(1);
    assert.deepEqual([p.stepsPerEpoch, p.steps], [7, 21]);
    assert.deepEqual(due(p), [7, 14, 21]);
    assert.deepEqual(due(plan(0.5)), [4, 7, 11, 14, 18, 21]);
    assert.deepEqual(due(plan(2)), [14, 21]);
    assert.equal(due(plan(0.001)).length, 21);
    assert.equal(p.evaluationsAfter(7), 2);
    assert.equal(p.evaluationsAfter(21), 0);
  });

  it('takes all images as one batch when there are few', () => {
    const p = plan(1, 2, 50);
    assert.deepEqual([p.batchSize, p.stepsPerEpoch, p.steps], [50, 1, 2]);
  });
});
