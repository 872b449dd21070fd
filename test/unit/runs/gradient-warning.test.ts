import assert from 'node:assert/strict';
import { rm } from 'node:fs/promises';
import path from 'node:path';
import { attackRun } from '../../../src/core/attacking/attack-run';
import { root as repository } from '../../support/root';
import { temporaryRoot } from '../training/tiny-task';
import { requested } from '../attacks/named';

describe('the report of an attack on a network whose gradient is NaN at 0', () => {
  it('says so, and blames neither the attack nor the outputs', async () => {
    const root = await temporaryRoot();
    const cases = path.join(repository, 'test', 'reference', 'cases');
    try {
      const { report } = await attackRun({
        checkpoint: path.join(cases, 'sqrtsq_in.onnx'),
        attacks: [requested({ name: 'fgsm', epsilon: 0.1 })],
        arrays: { images: path.join(cases, 'x.npy'), labels: path.join(cases, 'y.npy') },
        seed: 0,
        device: 'onnx-cpu',
        threads: 1,
        root,
        signal: new AbortController().signal,
        onEvent: () => undefined,
      });
      const about = (text: RegExp): string[] => report.warnings.filter((warning) => text.test(warning));
      assert.equal(about(/^The gradient is not finite for 64 of 64 images\b.*\bSquare/).length, 1);
      assert.deepEqual(about(/NaN\)|defect|zero for|left the budget/), []);
      const [fgsm] = report.attacks;
      assert.ok(fgsm?.images.every(({ norm, loss }) => norm <= 0.1 + 1e-6 && loss !== null));
      // As on the same network without the roots.
      assert.ok(report.robustAccuracy > 0.6 && report.robustAccuracy < 0.8, `${report.robustAccuracy}`);
    } finally {
      await rm(root, { recursive: true });
    }
  });
});
