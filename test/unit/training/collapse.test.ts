import assert from 'node:assert/strict';
import { rm } from 'node:fs/promises';
import path from 'node:path';
import * as z from 'zod';
import type { Device } from '../../../src/core/engine/devices/device';
import { openDevice } from '../../../src/core/engine/devices/devices';
import { experimentSchemas, type ResolvedExperiment } from '../../../src/core/experiment/experiment-schema';
import { parseExperiment } from '../../../src/core/experiment/parse-experiment';
import type { MethodDefinition } from '../../../src/core/methods/define-method';
import { pgdAt } from '../../../src/core/methods/pgd-at/definition';
import { standard } from '../../../src/core/methods/standard/definition';
import { runEvent, type RunEvent } from '../../../src/core/records/run-event';
import type { EvaluationRow, RunRecord } from '../../../src/core/records/run-files';
import { builtIn } from '../../../src/core/registry/registry';
import { readRun } from '../../../src/core/runs/run-store';
import { CollapseWatch, isSingleStep, type WatchOptions } from '../../../src/core/training/collapse-watch';
import { trainRun, type TrainRunOptions } from '../../../src/core/training/train-run';
import { observed, temporaryRoot, tinyDataset, tinyExperiment } from './tiny-task';
import { evaluationsOf, weightsOf } from './written-run';

const options: WatchOptions = { classes: 10, batchSize: 100, stepsPerEpoch: 10, singleStep: true };

const row = (step: number, robustAccuracy: number, count = 500): EvaluationRow => ({
  kind: 'evaluation',
  ...{ step, epoch: step / 10, elapsedSeconds: 1, final: false, count, loss: 1, cleanAccuracy: 0.6 },
  robustAccuracy,
  attacks: [{ attack: 'pgd-10 linf 8/255', robustAccuracy, seconds: 1 }],
});

/** Evaluations every ten steps, each with the mean loss of the steps before it. */
function verdicts(watch: CollapseWatch, found: readonly [robust: number, loss: number, count?: number][]) {
  return found.map(([robust, loss, count], n) => {
    for (let k = 1; k <= 10; k++) watch.stepDone(10 * n + k, { loss, accuracy: 0.5 });
    return watch.evaluated(row(10 * (n + 1), robust, count));
  });
}

const signsOf = (found: readonly [number, number, number?][], changes: Partial<WatchOptions> = {}) =>
  verdicts(new CollapseWatch({ ...options, ...changes }), found).map(({ sign }) => sign?.sign);

describe('catastrophic overfitting', () => {
  const fall = 'catastrophic-overfitting';

  it('is a robust accuracy below half of the best while the training loss fell', () => {
    assert.deepEqual(
      signsOf([
        [0.3, 1.8],
        [0.4, 1.6],
        [0.05, 1.2],
      ]),
      [undefined, undefined, fall],
    );
    assert.deepEqual(
      signsOf([
        [0.4, 1.6],
        [0.21, 1.2],
      ]),
      [undefined, undefined],
      'more than half is left',
    );
    assert.deepEqual(
      signsOf([
        [0.4, 1.6],
        [0.05, 1.7],
      ]),
      [undefined, undefined],
      'the loss rose',
    );
    assert.deepEqual(
      signsOf([
        [0.4, 1.6],
        [0.3, 1.5],
        [0.05, 1.2],
      ]),
      [undefined, undefined, fall],
    );
  });

  it('is not what few images may show by chance', () => {
    // Half of 40 images in 100, less what the two intervals leave, 9.1 and 6.5, are 4.4 images.
    assert.deepEqual(
      signsOf([
        [0.4, 1.6, 100],
        [0.06, 1.2, 100],
      ]),
      [undefined, undefined],
    );
    assert.deepEqual(
      signsOf([
        [0.4, 1.6, 100],
        [0, 1.2, 100],
      ]),
      [undefined, fall],
    );
    assert.deepEqual(
      signsOf([
        [0.4, 1.6, 1000],
        [0.13, 1.2, 1000],
      ]),
      [undefined, fall],
    );
    assert.deepEqual(
      signsOf([
        [0.4, 1.6, 1000],
        [0.16, 1.2, 1000],
      ]),
      [undefined, undefined],
    );
  });

  it('is no fall from what a network withstands that answers with one class', () => {
    assert.deepEqual(
      signsOf([
        [0.1, 2.3, 10_000],
        [0.001, 1.9, 10_000],
      ]),
      [undefined, undefined],
    );
  });

  it('is looked for in methods with a single step of the attack only', () => {
    assert.deepEqual(
      signsOf(
        [
          [0.4, 1.6],
          [0, 1.2],
        ],
        { singleStep: false },
      ),
      [undefined, undefined],
    );
    const single = [
      { attack: 1, training: 1 },
      { attack: 0, training: 8 },
    ];
    assert.deepEqual(single.map(isSingleStep), [true, true]);
    const others = [
      { attack: 0, training: 1 },
      { attack: 2, training: 1 },
      { attack: 10, training: 2 },
    ];
    assert.deepEqual(others.map(isSingleStep), [false, false, false]);
  });

  it('ends the training where that is asked for; networks before it are steady', () => {
    const earlyStopping = { catastrophicOverfitting: true };
    const watch = new CollapseWatch({ ...options, earlyStopping });
    const found = verdicts(watch, [
      [0.4, 1.6],
      [0.39, 1.5],
      [0.25, 1.3],
      [0.02, 1.1],
    ]);
    assert.deepEqual(
      found.map(({ steady }) => steady),
      [true, true, false, false],
    );
    assert.equal(watch.ended, fall);
    const off = new CollapseWatch({ ...options, earlyStopping: { catastrophicOverfitting: false } });
    assert.equal(
      verdicts(off, [
        [0.4, 1.6],
        [0.02, 1.1],
      ])[1]?.sign?.sign,
      fall,
    );
    assert.equal(off.ended, undefined);
  });
});

describe('patience', () => {
  it('ends the training after so many evaluations without a new highest robust accuracy', () => {
    const earlyStopping = { catastrophicOverfitting: true, patience: 2 };
    const watch = new CollapseWatch({ ...options, singleStep: false, earlyStopping });
    const ends: unknown[] = [];
    for (const [n, robust] of [0.2, 0.19, 0.25, 0.25, 0.24].entries()) {
      watch.evaluated(row(10 * n, robust));
      ends.push(watch.ended);
    }
    assert.deepEqual(ends, [undefined, undefined, undefined, undefined, 'patience']);
  });

  it('is refused without images to choose by', () => {
    const problems = (training: object, isRecord = true): string =>
      (
        parseExperiment(
          JSON.stringify({
            dataset: { name: 'cifar10' },
            model: { name: 'small-cnn' },
            method: { name: 'standard' },
            training,
          }),
          builtIn,
          { isRecord },
        ).problems ?? []
      )
        .map(({ field, message }) => `${field}: ${message}`)
        .join();
    assert.match(
      problems({ earlyStopping: { patience: 3 } }),
      /^training\.earlyStopping\.patience: .*add training\.validation/,
    );
    assert.equal(problems({ earlyStopping: { patience: 3 }, validation: {} }), '');
    assert.equal(problems({ earlyStopping: {} }), '');
    // A file that says nothing holds some out.
    assert.equal(problems({ earlyStopping: { patience: 3 } }, false), '');
  });
});

describe('accuracy at chance', () => {
  const signAt = (accuracies: readonly number[], changes: Partial<WatchOptions> = {}, first = 1) => {
    const watch = new CollapseWatch({ ...options, ...changes });
    return accuracies.flatMap((accuracy, n) => {
      const sign = watch.stepDone(first + n, { loss: 2.3, accuracy });
      return sign ? [[first + n, sign.sign]] : [];
    });
  };
  const epochs = (...accuracies: number[]) => accuracies.flatMap((share) => Array<number>(10).fill(share));

  it('is seen over a whole epoch, after the first one', () => {
    const sign = 'accuracy-at-chance';
    assert.deepEqual(signAt(epochs(0.1, 0.1, 0.1)), [
      [20, sign],
      [30, sign],
    ]);
    assert.deepEqual(signAt(epochs(0.1, 0.13)), [], '130 of 1000 are more than chance');
    assert.deepEqual(signAt(epochs(0.1, 0.05)), [], 'an attack that wins is no guessing');
    assert.deepEqual(signAt(epochs(0.5, 0.1, 0.5)), [[20, sign]]);
    const single = [...epochs(0.1), 0.6, ...Array<number>(9).fill(0.1)];
    assert.deepEqual(signAt(single), [], 'one batch that is learned');
  });

  it('is not told of an epoch whose accuracy passes it, from where an attack wins', () => {
    const sign = 'accuracy-at-chance';
    assert.deepEqual(signAt(epochs(0.04, 0.1, 0.2)), []);
    assert.deepEqual(signAt(epochs(0.04, 0.1, 0.1)), [[30, sign]], 'it stays there');
    assert.deepEqual(signAt(epochs(0.09, 0.1)), [[20, sign]], 'it was there before');
  });

  it('is not told from few images, nor from a part of an epoch', () => {
    assert.deepEqual(signAt(epochs(0.1, 0.1), { batchSize: 8 }), []);
    assert.deepEqual(signAt(Array<number>(5).fill(0.1), {}, 16), []);
  });

  it('goes on with what a checkpoint remembers', () => {
    const watch = new CollapseWatch(options);
    for (let step = 1; step <= 15; step++) watch.stepDone(step, { loss: 2.3, accuracy: 0.1 });
    const from = z
      .object({})
      .loose()
      .parse(JSON.parse(JSON.stringify(watch.state)));
    assert.deepEqual(from, watch.state);
    const again = new CollapseWatch({ ...options, from: watch.state });
    for (let step = 16; step < 20; step++) again.stepDone(step, { loss: 2.3, accuracy: 0.1 });
    assert.equal(again.stepDone(20, { loss: 2.3, accuracy: 0.1 })?.sign, 'accuracy-at-chance');
  });
});

/** Learns to withstand an attack and then, in the second half of the training, wrong labels of natural images, which is easy. */
const steps = { epsilon: '48/255', stepSize: '16/255', steps: 5 };
const attacked = pgdAt.with({ name: 'pgd-at', ...steps });
const natural = standard.with({ name: 'standard' });
const fading: MethodDefinition = {
  name: 'fading',
  parameters: z.strictObject({ name: z.literal('fading') }),
  files: [],
  with: () => ({
    passes: { attack: 1, training: 1 },
    refuses: {},
    complete: (batch, draws) =>
      natural.complete(
        batch.progress < 0.5 ? batch : { ...batch, labels: batch.labels.map((label) => (label + 1) % 3) },
        draws,
      ),
    draw: (batch, random) => (batch.progress < 0.5 ? attacked : natural).draw(batch, random),
    async create(network) {
      const [first, second] = [await attacked.create(network), await natural.create(network)];
      return {
        ...first,
        prepare: (batch, signal) =>
          (Object.keys(batch.draws).length > 0 ? first : second).prepare(batch, signal),
      };
    },
  }),
};
const registry = { ...builtIn, methods: [...builtIn.methods, fading] };

describe('a training that collapses', () => {
  const dataset = tinyDataset(96, 120);
  let root: string;
  let device: Device;
  before(async () => {
    device = await openDevice('onnx-cpu', { threads: 1 });
  });
  after(() => device.dispose());
  beforeEach(async () => {
    root = await temporaryRoot();
  });
  afterEach(() => rm(root, { recursive: true }));

  const train = (changes: Partial<TrainRunOptions>): Promise<RunRecord> =>
    trainRun({
      experiment: falling(),
      registry,
      root,
      signal: new AbortController().signal,
      onEvent: () => undefined,
      resources: { dataset, device, batchThread: path.join(root, 'none.js') },
      ...changes,
    });

  const falling = (earlyStopping?: object): ResolvedExperiment => {
    const attacks = [{ name: 'pgd', epsilon: '48/255', stepSize: '16/255', steps: 5 }];
    return experimentSchemas(registry).run.parse({
      ...tinyExperiment(),
      name: 'falling',
      model: { name: 'small-cnn', widths: [8, 8, 8, 16], hidden: 16 },
      method: { name: 'fading' },
      training: {
        ...{ epochs: 20, batchSize: 16, earlyStopping, weightDecay: 0 },
        schedule: { name: 'piecewise', learningRate: 0.05, milestones: [] },
        augment: { crop: 0, flip: false },
      },
      evaluation: {
        everyEpochs: 2,
        during: { count: 120, attacks },
        final: { count: 120, attacks },
      },
      samples: { count: 0 },
    });
  };

  const fall = 'catastrophic-overfitting';

  it('says so while it trains, once, and its record keeps it', async () => {
    const events: RunEvent[] = [];
    const { id, signs = [] } = await train({ onEvent: (_, event) => events.push(runEvent.parse(event)) });
    assert.deepEqual(
      signs.map(({ sign, title, advice }) => [sign, title, advice?.includes('training.earlyStopping')]),
      [[fall, 'catastrophic overfitting', true]],
    );
    const [sign] = signs;
    assert.ok(sign && sign.step > 60 && sign.step < 120, `at step ${sign?.step ?? ''}`);
    assert.match(
      sign.message,
      /fell from [\d.]+ % after step \d+ to [\d.]+ % after step \d+, while the training loss/,
    );
    const warnings = events.flatMap((event) =>
      event.type === 'log' && event.level === 'warn' && event.text.startsWith('Catastrophic')
        ? [event.text]
        : [],
    );
    assert.deepEqual(warnings, [`${sign.message} ${sign.advice ?? ''}`]);
    const told = events.findIndex((event) => event.type === 'record' && event.record.signs?.length === 1);
    const after = events.slice(told).filter((event) => event.type === 'metric' && event.row.kind === 'step');
    assert.ok(told > 0 && after.length > 0, 'it trains on');
    assert.deepEqual((await readRun(root, id)).record.signs, signs);
  });

  it('ends there where that is asked for, with the network from before; also when it was stopped on the way', async function () {
    this.timeout(60_000);
    const experiment = falling({});
    let classified = 0;
    const counting = observed(device, (program) => {
      if (program === 'classify') classified++;
    });
    const whole = await train({
      experiment,
      resources: { dataset, device: counting, batchThread: 'none.js' },
    });
    const rows = await evaluationsOf(root, whole.id);
    const during = rows.filter(({ final }) => !final);
    const fallen = during.at(-1);
    // At the first evaluation without any robustness the loss is still that of what was learned anew.
    const kept = /The network of step (\d+) is kept/.exec(whole.signs?.[1]?.message ?? '')?.[1];
    const before = during.find(({ step }) => String(step) === kept);
    const last = rows.at(-1);
    assert.ok(fallen && before && last?.final);
    assert.deepEqual(
      [whole.status, whole.progress?.step, whole.signs?.map(({ sign }) => sign)],
      ['done', fallen.step, [fall, `ended-by-${fall}`]],
    );
    assert.ok(before.step < fallen.step && before.robustAccuracy > 0.3, `${before.robustAccuracy}`);
    assert.deepEqual(last.network, { kind: 'best', step: before.step, epoch: before.epoch });
    assert.deepEqual(
      [last.robustAccuracy, last.cleanAccuracy],
      [before.robustAccuracy, before.cleanAccuracy],
    );
    assert.equal(whole.robustAccuracy, before.robustAccuracy);
    const [best, end] = [await weightsOf(root, whole.id, 'best'), await weightsOf(root, whole.id)];
    assert.deepEqual([best.step, end.step], [String(before.step), String(fallen.step)]);
    assert.notEqual(best.weights, end.weights);
    // In the evaluation that finds the fall, and in the final one.
    const each = classified / rows.length;
    for (const at of [each * (during.length - 0.5), each * (rows.length - 0.5)]) {
      const count = Math.ceil(at);
      const controller = new AbortController();
      const stopping = observed(device, (program, n) => {
        if (program === 'classify' && n === count) controller.abort();
      });
      const stopped = await train({
        experiment,
        signal: controller.signal,
        resources: { dataset, device: stopping, batchThread: path.join(root, 'none.js') },
      });
      const where = `classify ${count}`;
      assert.equal(stopped.status, 'stopped', where);
      const resumed = await train({ experiment, resume: stopped.id });
      assert.equal(resumed.status, 'done', where);
      assert.deepEqual(resumed.signs, whole.signs, where);
      assert.deepEqual(await evaluationsOf(root, resumed.id), rows, where);
      for (const which of ['best', 'last'] as const) {
        assert.deepEqual(await weightsOf(root, resumed.id, which), which === 'best' ? best : end, where);
      }
    }
  });
});
