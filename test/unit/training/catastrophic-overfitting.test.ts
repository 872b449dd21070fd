import assert from 'node:assert/strict';
import { rm } from 'node:fs/promises';
import path from 'node:path';
import type { Device } from '../../../src/core/engine/devices/device';
import { openDevice } from '../../../src/core/engine/devices/devices';
import type { ResolvedExperiment } from '../../../src/core/experiment/experiment-schema';
import type { RunRecord } from '../../../src/core/records/run-files';
import { trainRun, type TrainRunOptions } from '../../../src/core/training/train-run';
import { observed, temporaryRoot, tinyDataset, tinyExperiment } from './tiny-task';
import { evaluationsOf, weightsOf } from './written-run';

const FALL = 'catastrophic-overfitting';
const attacks = [{ name: 'pgd', epsilon: '56/255', steps: 10 }];

/**
 * FGSM without noise, whose step grows beyond what tells the classes apart: the network learns to read the label from the
 * step instead. Changes of the learning rate by 1e-5 of it, which are larger than what processors round differently, leave
 * robust accuracies at 0.54 to 0.57 before, and 0.05 to 0.09 after.
 */
const experiment = (options: object = {}): ResolvedExperiment =>
  tinyExperiment({
    name: 'fgsm',
    model: { name: 'small-cnn', widths: [8, 8, 8, 16], hidden: 16 },
    method: { name: 'n-fgsm', noise: 0, epsilon: '128/255' },
    options: { epsilonWarmup: 1, ...options },
    training: {
      ...{ epochs: 20, batchSize: 16, weightDecay: 0, earlyStopping: {} },
      schedule: { name: 'piecewise', learningRate: 0.02, milestones: [] },
      augment: { crop: 0, flip: false },
    },
    evaluation: { everyEpochs: 2, during: { count: 240, attacks }, final: { count: 240, attacks } },
    samples: { count: 0 },
  });

describe('FGSM that overfits catastrophically', () => {
  let root: string;
  let device: Device;
  before(async () => {
    device = await openDevice('onnx-cpu', { threads: 1 });
    root = await temporaryRoot();
  });
  after(async () => {
    await rm(root, { recursive: true });
    await device.dispose();
  });

  const train = (changes: Partial<TrainRunOptions>): Promise<RunRecord> =>
    trainRun({
      ...{ experiment: experiment(), root, signal: new AbortController().signal, onEvent: () => undefined },
      ...changes,
      resources: {
        ...{ dataset: tinyDataset(192, 240), device, batchThread: path.join(root, 'none.js') },
        ...changes.resources,
      },
    });

  it('is seen at the evaluation that finds it, and ended with the network of the one before', async function () {
    this.timeout(60_000);
    const losses: number[][] = [[]];
    const logged: string[] = [];
    const {
      id,
      status,
      progress,
      signs = [],
    } = await train({
      onEvent: (_, event) => {
        if (event.type === 'metric' && event.row.kind === 'evaluation') losses.push([]);
        if (event.type === 'metric' && event.row.kind === 'step') losses.at(-1)?.push(event.row.loss ?? NaN);
        if (event.type === 'log') logged.push(`${event.level}: ${event.text}`);
      },
    });
    const [final, fallen, best] = (await evaluationsOf(root, id)).reverse();
    assert.ok(final?.final && fallen && best);
    assert.ok(best.robustAccuracy > 0.4 && fallen.robustAccuracy < 0.2, JSON.stringify([best, fallen]));
    assert.ok(fallen.cleanAccuracy > 0.9, 'the network is not broken otherwise');
    assert.deepEqual([status, progress?.step], ['done', fallen.step]);
    assert.ok(fallen.step < (progress?.steps ?? 0));
    assert.deepEqual(
      signs.map(({ sign, step }) => [sign, step]),
      [
        [FALL, fallen.step],
        [`ended-by-${FALL}`, fallen.step],
      ],
    );
    const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;
    const told = new RegExp(
      `^Catastrophic overfitting: robust accuracy fell from ${percent(best.robustAccuracy)} after step ${best.step} to ` +
        `${percent(fallen.robustAccuracy)} after step ${fallen.step}, while the training loss fell from ([\\d.]+) to ([\\d.]+)\\.`,
    ).exec(signs[0]?.message ?? '');
    assert.ok(told, signs[0]?.message);
    const [from = NaN, to = NaN] = told.slice(1).map(Number);
    assert.ok(to < from && to > 0);
    assert.match(
      signs[1]?.message ?? '',
      new RegExp(
        `^Ended early, after step ${fallen.step} of 240, because of .*\\. The network of step ${best.step} is kept as the best one\\.$`,
      ),
    );
    const { advice = '' } = signs[0] ?? {};
    assert.match(advice, /^Take a smaller epsilon or step, .* several steps\.$/);
    const [warning, ending] = logged.filter((line) => /Catastrophic|Ended early/.test(line));
    assert.equal(warning, `warn: ${signs[0]?.message} ${advice}`);
    assert.equal(ending, `info: ${signs[1]?.message}`);
    assert.deepEqual(final.network, { kind: 'best', step: best.step, epoch: best.epoch });
    assert.equal(final.robustAccuracy, best.robustAccuracy);
  });

  it('keeps the average of the weights and the weights that were trained, and attacks the average', async function () {
    this.timeout(60_000);
    const averaging = experiment({ ema: { decay: 0.7 } });
    let classified = 0;
    const counting = observed(device, (program) => {
      if (program === 'classify') classified++;
    });
    const whole = await train({ experiment: averaging, resources: { device: counting } });
    const rows = await evaluationsOf(root, whole.id);
    const [final, fallen, best] = rows.toReversed();
    assert.ok(final?.final && fallen && best);
    assert.deepEqual(
      whole.signs?.map(({ sign }) => sign),
      [FALL, `ended-by-${FALL}`],
    );
    assert.deepEqual(final.network, { kind: 'best', step: best.step, epoch: best.epoch });
    // Of the same images, by the same attack: other weights would do otherwise.
    const [kept, end] = [await weightsOf(root, whole.id, 'best'), await weightsOf(root, whole.id)];
    assert.deepEqual(
      [final.cleanAccuracy, final.robustAccuracy, final.loss],
      [best.cleanAccuracy, best.robustAccuracy, best.loss],
    );
    assert.deepEqual([kept.step, end.step], [String(best.step), String(fallen.step)]);

    // The same training, stopped where that evaluation was: its last checkpoint has never been gone back to.
    const there = new AbortController();
    const until = await train({
      experiment: averaging,
      signal: there.signal,
      onEvent: (_, event) => {
        if (event.type === 'metric' && event.row.kind === 'evaluation' && event.row.step === best.step) {
          there.abort();
        }
      },
    });
    assert.deepEqual([until.status, until.progress?.step], ['stopped', best.step]);
    assert.deepEqual(await weightsOf(root, until.id), kept);

    // Stopped in the final evaluation, after it was ended early.
    const count = Math.ceil(classified * (1 - 0.5 / rows.length));
    const later = new AbortController();
    const stopping = observed(device, (program, n) => {
      if (program === 'classify' && n === count) later.abort();
    });
    const stopped = await train({
      experiment: averaging,
      signal: later.signal,
      resources: { device: stopping },
    });
    assert.deepEqual([stopped.status, stopped.signs], ['stopped', whole.signs]);
    const resumed = await train({ experiment: averaging, resume: stopped.id });
    assert.deepEqual([resumed.status, resumed.signs], ['done', whole.signs]);
    assert.deepEqual(await evaluationsOf(root, resumed.id), rows);
    assert.deepEqual(await weightsOf(root, resumed.id, 'best'), kept);
    assert.deepEqual(await weightsOf(root, resumed.id), end);
  });
});
