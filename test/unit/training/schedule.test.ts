import assert from 'node:assert/strict';
import { experimentSchemas } from '../../../src/core/experiment/experiment-schema';
import { builtIn } from '../../../src/core/registry/registry';
import { learningRateAt } from '../../../src/core/experiment/schedule';
import { planTraining } from '../../../src/core/experiment/training-plan';
import { scheduleParameters } from '../../../src/core/experiment/training-schema';

const rate = (schedule: object, progress: number): number =>
  learningRateAt(scheduleParameters.parse(schedule), progress);
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
