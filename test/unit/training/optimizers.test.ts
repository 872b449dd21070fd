import assert from 'node:assert/strict';
import { rm } from 'node:fs/promises';
import * as tf from '@tensorflow/tfjs';
import * as z from 'zod';
import { float32, scalar } from '../../../src/core/engine/arrays/nd-array';
import { openDevice } from '../../../src/core/engine/devices/devices';
import { builtIn } from '../../../src/core/registry/registry';
import { parseExperiment } from '../../../src/core/experiment/parse-experiment';
import { trainingParameters } from '../../../src/core/experiment/training-schema';
import { createOptimizer } from '../../../src/core/training/create-optimizer';
import { trainRun, type TrainRunOptions } from '../../../src/core/training/train-run';
import vectors from '../../reference/optimizers.json';
import { testDevices } from '../attacks/devices';
import { temporaryRoot, tinyDataset, tinyExperiment } from './tiny-task';
import { evaluationsOf, weightsOf } from './written-run';

const values = z.array(z.number());
const references = z
  .array(
    z.object({
      optimizer: z.looseObject({ name: z.enum(['adam', 'adamw']) }),
      cycles: z.boolean(),
      decay: z.enum(['kernels', 'all']),
      weightDecay: z.number(),
      initial: z.array(values).length(2),
      steps: z.array(
        z.object({
          rate: z.number(),
          beta1: z.number(),
          gradients: z.array(values).length(2),
          weights: z.array(values).length(2),
        }),
      ),
    }),
  )
  .parse(vectors);

const SHAPES = [[2, 3], [3]] as const;
const TOLERANCE = 2e-5;

for (const { name, open } of testDevices) {
  describe(`on ${name}, weights after PyTorch's optimizers`, () => {
    for (const { optimizer: said, cycles, steps, initial, ...decay } of references) {
      it(`${JSON.stringify(said)}${cycles ? ', beta1 cycled' : ''}, decay ${decay.weightDecay} of ${decay.decay}`, async () => {
        const device = await open();
        const { optimizer, momentum, nesterov } = trainingParameters.parse({ optimizer: said });
        const weights = initial.map((data, n) => tf.variable(tf.tensor(data, [...(SHAPES[n] ?? [])])));
        const moved = createOptimizer(weights, {
          ...{ optimizer, momentum, nesterov, cyclesMomentum: cycles },
          ...decay,
        });
        const program = device.compile('update', (first, second, ...scalars) => {
          moved.apply([first, second], scalars);
          return scalars;
        });
        for (const [index, { rate, beta1, gradients, weights: expected }] of steps.entries()) {
          const update = { learningRate: rate, update: index + 1, ...(cycles && { momentum: beta1 }) };
          await program.run(
            ...gradients.map((data, n) => float32(Float32Array.from(data), [...(SHAPES[n] ?? [])])),
            ...moved.scalars(update).map(scalar),
          );
          for (const [n, weight] of weights.entries()) {
            const actual = weight.dataSync();
            const worst = Math.max(
              ...(expected[n] ?? [NaN]).map((value, i) => Math.abs(value - (actual[i] ?? NaN))),
            );
            assert.ok(worst < TOLERANCE, `weight ${n} after step ${index + 1} differs by ${worst}`);
          }
        }
        await program.dispose();
        moved.dispose();
        tf.dispose(weights);
        await device.dispose();
      });
    }
  });
}

describe('an optimizer in an experiment', () => {
  const parsed = (training: object, more: object = {}) =>
    parseExperiment(
      JSON.stringify({
        ...{
          dataset: { name: 'cifar10' },
          model: { name: 'small-cnn' },
          method: { name: 'standard' },
          training,
        },
        ...more,
      }),
    );
  const optimizerOf = (training: object): unknown =>
    parsed(training).runs?.[0]?.experiment.training.optimizer;
  const problemsOf = (training: object, more: object = {}): string =>
    (parsed(training, more).problems ?? []).map(({ field, message }) => `${field} ${message}`).join('\n');

  it('is a name or an object, and SGD where nothing is said', () => {
    const usual = { beta1: 0.9, beta2: 0.999, epsilon: 1e-8 };
    assert.deepEqual(optimizerOf({}), { name: 'sgd' });
    assert.deepEqual(optimizerOf({ optimizer: 'sgd' }), { name: 'sgd' });
    assert.deepEqual(optimizerOf({ optimizer: 'adamw' }), { name: 'adamw', ...usual });
    assert.deepEqual(optimizerOf({ optimizer: { name: 'adam', beta2: 0.95 } }), {
      ...{ name: 'adam', ...usual },
      beta2: 0.95,
    });
  });

  it('has clear messages', () => {
    assert.match(
      problemsOf({ optimizer: 'adma' }),
      /^training\.optimizer must be one of .*; did you mean "adam"\?$/,
    );
    assert.match(problemsOf({ optimizer: 1 }), /^training\.optimizer must be "sgd", .*; got 1$/);
    assert.match(
      problemsOf({ optimizer: { name: 'adam', beta1: 1 } }),
      /^training\.optimizer\.beta1 must be less than 1/,
    );
    assert.match(
      problemsOf({ optimizer: { name: 'sgd', beta1: 0.5 } }),
      /^training\.optimizer\.beta1 is not a known key here/,
    );
  });

  it('refuses what is of SGD beside another one, and lets a recipe say it', () => {
    assert.match(
      problemsOf({ optimizer: 'adamw', momentum: 0.9 }),
      /^training\.momentum is of SGD, and training\.optimizer is adamw: .*beta1.*; leave it out$/,
    );
    assert.match(problemsOf({ optimizer: 'adam', nesterov: false }), /^training\.nesterov is of SGD/);
    assert.equal(problemsOf({ optimizer: 'sgd', nesterov: true }), '');
    const recipe = builtIn.recipes.find(({ name }) => name.startsWith('pgd-at'))?.name;
    assert.ok(recipe);
    assert.equal(problemsOf({ optimizer: 'adamw', weightDecay: 0.05 }, { recipe }), '');
  });
});

describe('a training with AdamW', () => {
  it('goes on to the bit, with what it keeps, also through accumulation and an average', async () => {
    const [root, device] = [await temporaryRoot(), await openDevice('onnx-cpu', { threads: 1 })];
    try {
      const experiment = tinyExperiment({
        ...{ method: { name: 'pgd-at', steps: 1 }, samples: { count: 0 }, options: { ema: { decay: 0.7 } } },
        training: {
          ...{ epochs: 2, batchSize: 8, accumulate: 2, optimizer: { name: 'adamw', beta2: 0.9 } },
          schedule: { name: 'one-cycle', learningRate: 0.01, warmup: 0.4 },
        },
      });
      const train = (signal: AbortSignal, onEvent: TrainRunOptions['onEvent'], resume?: string) =>
        trainRun({
          experiment,
          root,
          signal,
          onEvent,
          resume,
          resources: { dataset: tinyDataset(), device },
        });
      const whole = await train(new AbortController().signal, () => undefined);
      const stop = new AbortController();
      const stopped = await train(stop.signal, (_, event) => {
        if (event.type === 'metric' && event.row.step === 5) stop.abort();
      });
      assert.equal(stopped.status, 'stopped');
      const resumed = await train(new AbortController().signal, () => undefined, stopped.id);
      assert.deepEqual([whole.status, resumed.status], ['done', 'done']);
      assert.deepEqual(await weightsOf(root, resumed.id), await weightsOf(root, whole.id));
      assert.deepEqual(await evaluationsOf(root, resumed.id), await evaluationsOf(root, whole.id));
      const { optimizer, weights } = await weightsOf(root, whole.id);
      // Two numbers a weight that is trained, and the trained weights themselves.
      assert.ok((optimizer?.length ?? 0) > 2.5 * (weights?.length ?? NaN));
    } finally {
      await device.dispose();
      await rm(root, { recursive: true });
    }
  });
});
