import assert from 'node:assert/strict';
import { rm } from 'node:fs/promises';
import { experimentSchemas } from '../../../src/core/experiment/experiment-schema';
import type { RunEvent } from '../../../src/core/records/run-event';
import { builtIn } from '../../../src/core/registry/registry';
import { trainRun } from '../../../src/core/training/train-run';
import { temporaryRoot } from './tiny-task';
import { evaluationsOf, weightsOf } from './written-run';

const FALL = 'catastrophic-overfitting';
const IMAGES = 2000;
const attacks = [{ name: 'pgd', epsilon: '8/255', stepSize: '2/255', steps: 10 }];

describe('FGSM on CIFAR-10 that overfits catastrophically', () => {
  it('is told, and ended with the network of the last evaluation before the fall', async function () {
    this.timeout(1_800_000);
    const root = await temporaryRoot();
    const events: RunEvent[] = [];
    const record = await trainRun({
      experiment: experimentSchemas(builtIn).run.parse({
        name: 'fgsm',
        seed: 2,
        dataset: { name: 'cifar10', trainCount: IMAGES },
        model: { name: 'small-cnn' },
        // Without noise: FGSM as Goodfellow et al. have it.
        method: { name: 'n-fgsm', noise: 0, epsilon: '20/255' },
        training: {
          ...{ epochs: 40, batchSize: 32, earlyStopping: {} },
          schedule: { name: 'piecewise', learningRate: 0.05, milestones: [] },
          augment: { crop: 0, flip: true },
        },
        evaluation: {
          everyEpochs: 2,
          during: { count: IMAGES, attacks },
          final: { count: IMAGES, attacks },
        },
        samples: { count: 0 },
        ...{ device: 'onnx-cpu', threads: 1 },
      }),
      root,
      signal: new AbortController().signal,
      onEvent: (_, event) => events.push(event),
    });
    const rows = await evaluationsOf(root, record.id);
    for (const { step, cleanAccuracy, robustAccuracy } of rows) {
      console.log(`      step ${step}: clean ${percent(cleanAccuracy)}, robust ${percent(robustAccuracy)}`);
    }
    const [final, fallen, ...before] = rows.toReversed();
    assert.ok(final?.final && fallen);
    const { status, progress, signs = [] } = record;
    assert.deepEqual(
      signs.map(({ sign, step }) => [sign, step]),
      [
        [FALL, fallen.step],
        [`ended-by-${FALL}`, fallen.step],
      ],
    );
    assert.deepEqual([status, progress?.step], ['done', fallen.step]);
    assert.ok(fallen.step < (progress?.steps ?? 0));
    const best = before.reduce((one, other) => (other.robustAccuracy >= one.robustAccuracy ? other : one));
    assert.ok(fallen.robustAccuracy < best.robustAccuracy / 2);
    assert.match(
      signs[0]?.message ?? '',
      new RegExp(
        `robust accuracy fell from ${percent(best.robustAccuracy)} after step ${best.step} to ` +
          `${percent(fallen.robustAccuracy)} after step ${fallen.step}, while the training loss fell from`,
      ),
    );
    const warning = events.findIndex(
      (event) => event.type === 'log' && event.level === 'warn' && event.text.startsWith('Catastrophic'),
    );
    assert.ok(warning > 0);

    // What is kept withstands about as much as the best one did, and is what the final evaluation is of.
    const kept = before.find(({ step }) => step === final.network?.step);
    assert.ok(kept && kept.step < fallen.step);
    assert.ok(kept.robustAccuracy > 2 * fallen.robustAccuracy, percent(kept.robustAccuracy));
    assert.deepEqual([final.cleanAccuracy, final.robustAccuracy], [kept.cleanAccuracy, kept.robustAccuracy]);
    assert.equal((await weightsOf(root, record.id, 'best')).step, String(kept.step));
    await rm(root, { recursive: true });
  });
});

function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}
