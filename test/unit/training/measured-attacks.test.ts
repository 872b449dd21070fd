import assert from 'node:assert/strict';
import { rm } from 'node:fs/promises';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { trainSummary } from '../../../src/cli/train-summary';
import { attacks } from '../../../src/core/attacks';
import { planEvaluation } from '../../../src/core/attacks/plan/evaluation-plan';
import type { Device } from '../../../src/core/engine/devices/device';
import { openDevice } from '../../../src/core/engine/devices/devices';
import { experimentSchemas } from '../../../src/core/experiment/experiment-schema';
import { planTraining } from '../../../src/core/experiment/training-plan';
import { resolveExperiment } from '../../../src/core/experiment/resolve-experiment';
import type { RunEvent } from '../../../src/core/records/run-event';
import { runFile } from '../../../src/core/records/run-paths';
import { builtIn } from '../../../src/core/registry/registry';
import { wilsonInterval } from '../../../src/core/report/wilson-interval';
import { readRun, runDirectory } from '../../../src/core/runs/run-store';
import { TimeLeft } from '../../../src/core/training/time-left';
import { trainRun } from '../../../src/core/training/train-run';
import { observed, temporaryRoot, tinyDataset, tinyExperiment } from './tiny-task';

const pgd = { name: 'pgd', epsilon: '64/255', stepSize: '16/255', steps: 3 };
const evaluation = {
  during: {
    count: 6,
    attacks: [
      { name: 'pgd', steps: 2 },
      { name: 'fgsm', count: 3 },
    ],
  },
  final: {
    count: 12,
    attacks: [pgd, { ...pgd, loss: 'cw', count: 9 }, { name: 'autoattack', epsilon: '128/255', count: 5 }],
  },
};

describe('evaluations with an ensemble, and with attacks on fewer images', () => {
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

  it('measure each on its own images, in rows, intervals, progress and the table', async function () {
    this.timeout(60_000);
    const events: RunEvent[] = [];
    const programs = new Set<string>();
    const record = await trainRun({
      experiment: tinyExperiment({ evaluation }),
      root,
      signal: new AbortController().signal,
      onEvent: (_, event) => events.push(event),
      resources: { dataset: tinyDataset(), device: observed(device, (program) => programs.add(program)) },
    });
    assert.equal(record.status, 'done');
    const { rows } = await readRun(root, record.id);
    const rowsOf = rows.flatMap((row) => (row.kind === 'evaluation' ? [row] : []));
    const final = rowsOf.find((row) => row.final);
    assert.ok(final);
    assert.deepEqual(
      final.attacks.map(({ attack, count }) => [attack, count]),
      [
        ['pgd-3 linf 64/255', undefined],
        ['CW-PGD-3 linf 64/255', 9],
        ['autoattack standard linf 128/255', 5],
      ],
    );
    assert.ok(programs.has('apgd-steps'), 'the members of the ensemble were carried out');
    for (const { robustAccuracy, robustAccuracyInterval, count = 12 } of final.attacks) {
      assert.ok(
        Number.isInteger(Math.round(1e9 * robustAccuracy * count) / 1e9),
        'a share of its own images',
      );
      assert.deepEqual(robustAccuracyInterval, wilsonInterval(robustAccuracy, count));
    }
    const [whole, , ensemble] = final.attacks;
    assert.equal(final.count, 12);
    assert.equal(final.robustAccuracy, whole?.robustAccuracy, 'those on fewer images do not count');
    assert.equal(record.robustAccuracy, final.robustAccuracy);
    assert.ok((ensemble?.robustAccuracy ?? 1) < final.cleanAccuracy);
    for (const row of rowsOf.filter((one) => !one.final)) {
      assert.deepEqual(
        row.attacks.map(({ count }) => count),
        [undefined, 3],
      );
    }

    const progress = events.flatMap((event) =>
      event.type === 'progress' && event.progress.phase === 'evaluate' ? [event.progress] : [],
    );
    const totals = new Set(
      progress.map(({ detail = '', total }) => `${detail.split(' ')[0] ?? ''} of ${total}`),
    );
    for (const told of ['pgd-3 of 12', 'CW-PGD-3 of 9', 'fgsm of 3', 'apgd-ce of 5', 'square of 5'])
      assert.ok(totals.has(told), `${told}, of ${[...totals].join()}`);
    assert.ok(progress.every(({ done, total }) => done <= total));

    const table = trainSummary([record], new Map([[record.id, [final]]]), root);
    assert.match(table, /on 12 test images, or on the first ones where a column says how many, clean/);
    assert.match(table, /CW-PGD-3 linf 64\/255 \(on 9\) {2}autoattack standard linf 128\/255 \(on 5\)/);
    const log = readFileSync(path.join(runDirectory(root, record.id), runFile.log), 'utf8');
    assert.match(log, /autoattack standard linf 128\/255 [\d.]+ % \(on 5\)/);
    assert.match(log, /has 3 classes, too few for AutoAttack's DLR losses/);
    // What the run directory keeps replays the run.
    const kept: unknown = JSON.parse(
      readFileSync(path.join(runDirectory(root, record.id), 'experiment.json'), 'utf8'),
    );
    const again = experimentSchemas(builtIn).run.parse(withoutSum(kept));
    assert.deepEqual(resolveExperiment(again), again);
    assert.deepEqual(
      again.evaluation.final.attacks.map(({ name, count }) => [name, count]),
      [
        ['pgd', undefined],
        ['pgd', 9],
        ['autoattack', 5],
      ],
    );
  });

  it('are priced by the images of each, and those that an ensemble leaves', () => {
    const experiment = resolveExperiment(tinyExperiment({ evaluation }));
    const { during, final } = experiment.evaluation;
    const plans = { during: planEvaluation(attacks, during), final: planEvaluation(attacks, final) };
    const left = new TimeLeft({ attack: 1, training: 1 }, plans, planTraining(experiment, 40));
    left.stepTook(0);
    const often = 6 + 6 * 3 + 3 * 2;
    left.evaluationTook(often);
    const ensemble = 5 * 101 + 2.5 * (1 + 100 * 9) + 2.5 * (1 + 100 * 9) + 2.5 * (1 + 5000 / 3);
    const last = 12 + 12 * 4 + 9 * 4 + ensemble;
    assert.ok(Math.abs((left.after(10) ?? NaN) - last) < 1e-6, `${left.after(10)}, not ${last}`);
  });
});

function withoutSum(value: unknown): unknown {
  return Object.fromEntries(Object.entries(value ?? {}).filter(([key]) => key !== 'sum'));
}
