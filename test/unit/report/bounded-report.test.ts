import assert from 'node:assert/strict';
import { boundedReport } from '../../../src/core/report/bounded-report';
import { attackReport } from '../../../src/core/records/run-files';
import { handMadeAttack, type HandMade } from './hand-made-report';

describe('boundedReport', () => {
  const images = Array.from({ length: 3000 }, (): HandMade => [0, 0]);
  const report = attackReport.parse({
    version: 1,
    checkpoint: 'net.onnx',
    format: 'onnx',
    dataset: 'cifar10',
    count: 3000,
    seed: 0,
    device: 'onnx-cpu',
    cleanAccuracy: 1,
    robustAccuracy: 1,
    warnings: [],
    attacks: [handMadeAttack({ name: 'fgsm' }, images), handMadeAttack({ name: 'pgd' }, images)],
  });

  it('is the report itself where it is not too long', () => {
    assert.deepEqual(boundedReport(report), { report });
  });

  it('ends the lists of all attacks after the same image, and says so', () => {
    const { report: bounded, note } = boundedReport(report, 2500);
    assert.deepEqual(
      bounded.attacks.map((attack) => attack.images.length),
      [1250, 1250],
    );
    assert.deepEqual([bounded.count, bounded.cleanAccuracy], [3000, 1]);
    assert.match(note ?? '', /first 1,250 of 3,000.*report\.json/);
  });
});
