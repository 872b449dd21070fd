import assert from 'node:assert/strict';
import { rm } from 'node:fs/promises';
import type { Device } from '../../../src/core/engine/devices/device';
import { openDevice } from '../../../src/core/engine/devices/devices';
import type { RunEvent } from '../../../src/core/records/run-event';
import type { RunRecord } from '../../../src/core/records/run-files';
import { trainRun, type TrainRunOptions } from '../../../src/core/training/train-run';
import { temporaryRoot, tinyDataset, tinyExperiment } from './tiny-task';
import { evaluationsOf, weightsOf } from './written-run';

const PATIENCE = 3;
const attacks = [{ name: 'pgd', epsilon: '8/255', steps: 4 }];
const experiment = tinyExperiment({
  model: { name: 'small-cnn', widths: [8, 8, 8, 16], hidden: 16 },
  method: { name: 'standard' },
  options: { ema: { decay: 0.5 } },
  training: {
    ...{ epochs: 40, batchSize: 16, weightDecay: 0 },
    schedule: { name: 'piecewise', learningRate: 0.05, milestones: [] },
    validation: { count: 24 },
    earlyStopping: { patience: PATIENCE },
  },
  evaluation: { during: { count: 24, attacks }, final: { count: 30, attacks } },
  samples: { count: 0 },
});

describe('a training that loses patience', () => {
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

  const train = (changes: Partial<TrainRunOptions> = {}): Promise<RunRecord> =>
    trainRun({
      ...{ experiment, root, signal: new AbortController().signal, onEvent: () => undefined },
      resources: { dataset: tinyDataset(216, 30), device },
      ...changes,
    });

  it('ends with the best network, and says why; also when it was stopped while it waited', async function () {
    this.timeout(60_000);
    const told: string[] = [];
    const whole = await train({
      onEvent: (_, event) => {
        if (event.type === 'log' && event.text.startsWith('Ended'))
          told.push(`${event.level}: ${event.text}`);
      },
    });
    const rows = await evaluationsOf(root, whole.id);
    const [during, final] = [rows.slice(0, -1), rows.at(-1)];
    const last = during.at(-1);
    const robust = during.map(({ robustAccuracy }) => robustAccuracy);
    const highest = Math.max(...robust);
    const best = during[robust.indexOf(highest)];
    assert.ok(best && last && final?.final && !last.final);
    // The first that has the highest accuracy counts: one that equals it is no new best.
    assert.equal(robust.length - 1 - robust.indexOf(highest), PATIENCE);
    const { status, progress, signs = [] } = whole;
    assert.deepEqual([status, progress?.step], ['done', last.step]);
    assert.ok(last.step < (progress?.steps ?? 0) && highest > 0.9, `${highest} after ${last.step}`);
    const message =
      `Ended early, after step ${last.step} of 480: no robust accuracy above ${(100 * highest).toFixed(1)} % in ` +
      `${PATIENCE} evaluations (training.earlyStopping.patience). The network of step ${best.step} is kept as the best one.`;
    assert.deepEqual(signs, [
      { sign: 'ended-by-patience', step: last.step, epoch: last.epoch, title: 'ended early', message },
    ]);
    assert.deepEqual(told, [`info: ${message}`]);
    assert.deepEqual(final.network, { kind: 'best', step: best.step, epoch: best.epoch });
    assert.deepEqual([final.split, final.count, best.split], [undefined, 30, 'validation']);
    const [kept, end] = [await weightsOf(root, whole.id, 'best'), await weightsOf(root, whole.id)];
    assert.deepEqual([kept.step, end.step], [String(best.step), String(last.step)]);

    // Where one evaluation without a new best has been.
    const waiting = during.at(-PATIENCE)?.step;
    const controller = new AbortController();
    const stopped = await train({
      signal: controller.signal,
      onEvent: (_, event) => {
        if (isEvaluationAfter(event, waiting)) controller.abort();
      },
    });
    assert.deepEqual(
      [stopped.status, stopped.progress?.step, stopped.signs],
      ['stopped', waiting, undefined],
    );
    const resumed = await train({ resume: stopped.id });
    assert.deepEqual([resumed.status, resumed.signs], ['done', signs]);
    assert.deepEqual(await evaluationsOf(root, resumed.id), rows);
    assert.deepEqual(await weightsOf(root, resumed.id, 'best'), kept);
    assert.deepEqual(await weightsOf(root, resumed.id), end);
    await assert.rejects(train({ resume: resumed.id }), /is done/);
  });
});

function isEvaluationAfter(event: RunEvent, step: number | undefined): boolean {
  return event.type === 'metric' && event.row.kind === 'evaluation' && event.row.step === step;
}
