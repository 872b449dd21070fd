import assert from 'node:assert/strict';
import { trainSummary } from '../../../src/cli/train-summary';
import { accuracyIntervals, robustInterval } from '../../../src/core/report/accuracy-intervals';
import type { EvaluationRow } from '../../../src/core/records/run-files';
import { evaluationRow, runRecord } from '../webview/rows';

function final(count: number): EvaluationRow {
  const accuracies = { cleanAccuracy: 0.6, robustAccuracy: 0.45 };
  const attack = {
    attack: 'pgd-20 linf 8/255',
    robustAccuracy: 0.45,
    ...robustInterval(0.45, count),
    seconds: 1,
  };
  return evaluationRow(4, {
    final: true,
    count,
    ...accuracies,
    ...accuracyIntervals(accuracies, count),
    attacks: [attack],
  });
}

describe('what m2at train prints', () => {
  const records = [
    runRecord({ id: 'a', name: 'plain', status: 'done' }),
    runRecord({ id: 'b', name: 'm2at', status: 'done' }),
  ];
  const summary = (...counts: number[]): string =>
    trainSummary(records, new Map(counts.map((count, n) => [records[n]?.id ?? '', [final(count)]])), '.');

  it('has every accuracy with its 95 % interval', () => {
    assert.match(
      summary(500, 500),
      /^Accuracy on 500 test images, clean and under attack \(95 % interval\):$/m,
    );
    assert.match(summary(500, 500), /^plain +60\.0 % \(55\.6–64\.2\) +45\.0 % \(40\.7–49\.4\) +0:00$/m);
  });

  it('counts the images of each row, not of the first', () => {
    const different = summary(500, 1000);
    assert.match(different, /^Accuracy on test images,/m);
    assert.match(different, /^network +images +clean +pgd-20 linf 8\/255 +time$/m);
    assert.match(different, /^plain +500 +60\.0 % \(55\.6–64\.2\)/m);
    assert.match(different, /^m2at +1000 +60\.0 % \(56\.9–63\.0\)/m);
  });

  it('says of an attack how many images it was measured on, where those are fewer', () => {
    const row = final(500);
    const [attack] = row.attacks;
    assert.ok(attack);
    const few = { ...attack, attack: 'autoattack', count: 200, ...robustInterval(0.45, 200) };
    const text = trainSummary(records, new Map([['a', [{ ...row, attacks: [attack, few] }]]]), '.');
    assert.match(text, /on 500 test images, or on the first ones where a column says how many, clean/);
    assert.match(text, /^network +clean +pgd-20 linf 8\/255 +autoattack \(on 200\) +time$/m);
    assert.match(text, /45\.0 % \(40\.7–49\.4\) +45\.0 % \(38\.3–51\.9\)/);
  });

  it('has no table where no run got to its final evaluation', () => {
    const stopped = trainSummary([runRecord({ id: 'a', status: 'stopped' })], new Map(), '.');
    assert.doesNotMatch(stopped, /Accuracy/);
    assert.match(stopped, /\(stopped\)/);
  });

  it('says why a run failed, on a line of its own', () => {
    const failed = {
      id: 'b',
      name: 'm2at',
      status: 'failed',
      message: 'Training diverged at step 3.',
    } as const;
    const text = trainSummary(
      [runRecord({ id: 'a' }), runRecord(failed)],
      new Map([['a', [final(500)]]]),
      '.',
    );
    assert.match(text, /\n\nm2at failed: Training diverged at step 3\.\n\nRun directories:\n/);
    assert.match(text, /b {2}\(failed\)\n$/);
  });

  it('has what runs saw go wrong below the table', () => {
    const sign = { sign: 'ended-by-patience', step: 50, epoch: 5, title: 'ended early', message: 'Why.' };
    const text = trainSummary(
      [runRecord({ id: 'a', name: 'plain', signs: [sign] })],
      new Map([['a', [final(9)]]]),
      '.',
    );
    assert.match(text, /\n\nplain: ended early after step 50\.\n\nRun directories:/);
  });
});
