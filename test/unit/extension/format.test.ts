import assert from 'node:assert/strict';
import type { RunProgress } from '../../../src/core/progress';
import type { RunRecord } from '../../../src/core/records/run-files';
import { accuraciesWithin, attackProgress, outcome, summary } from '../../../src/extension/format';

const record: RunRecord = {
  version: 1,
  id: 'a',
  kind: 'attack',
  name: 'net',
  status: 'running',
  startedAt: '2026-11-22T12:00:00.000Z',
  versions: {},
};
const progress: RunProgress = {
  phase: 'attack',
  done: 25,
  total: 100,
  unit: 'images',
  pass: { index: 2, count: 5 },
  detail: 'pgd-20 linf 8/255',
};

describe('what a tooltip says of accuracies', () => {
  it('has the 95 % intervals, where a record has them', () => {
    const told: RunRecord = { ...record, cleanAccuracy: 0.6, robustAccuracy: 0.45 };
    assert.equal(accuraciesWithin(told), 'clean 60.0 %, robust 45.0 %');
    assert.equal(
      accuraciesWithin({
        ...told,
        cleanAccuracyInterval: [0.5564, 0.642],
        robustAccuracyInterval: [0.4069, 0.4938],
      }),
      'clean 60.0 % (95 % interval 55.6–64.2), robust 45.0 % (95 % interval 40.7–49.4)',
    );
    assert.equal(accuraciesWithin(record), '');
  });
});

describe('what lists say of an attack', () => {
  it('is which attack runs, and how much of all is done', () => {
    assert.equal(summary(record, progress), '45 % done, pgd-20 linf 8/255');
    assert.equal(
      attackProgress({ ...progress, done: 99.9, pass: { index: 4, count: 5 } }),
      '99 % done, pgd-20 linf 8/255',
      'not yet all',
    );
  });

  it('is only what is known, while it loads and when it is over', () => {
    assert.equal(summary(record, { ...progress, phase: 'load' }), '');
    assert.equal(summary(record), '');
    const stopped: RunRecord = { ...record, status: 'stopped', cleanAccuracy: 0.5, robustAccuracy: 0.25 };
    assert.equal(summary(stopped, progress), 'stopped · clean 50.0 %, robust 25.0 %');
  });
});

describe('what lists say of a training that went wrong', () => {
  const sign = (title: string) => ({ sign: title, title, step: 40, epoch: 2, message: title });
  const signs = [sign('catastrophic overfitting'), sign('ended early')];
  const fell: RunRecord = { ...record, kind: 'train', status: 'done', cleanAccuracy: 0.5, signs };

  it('begins with everything that it saw, where there is little room', () => {
    assert.equal(summary(fell), 'catastrophic overfitting, ended early · clean 50.0 %');
    const running: RunRecord = {
      ...fell,
      status: 'running',
      progress: { step: 40, steps: 80, epoch: 2, epochs: 4 },
    };
    assert.equal(summary(running), 'catastrophic overfitting, ended early · epoch 2/4 · clean 50.0 %');
    assert.match(summary({ ...running, status: 'stopped' }), /^stopped · catastrophic/);
  });

  it('is beside its accuracies in the message at its end', () => {
    assert.equal(outcome(fell), 'clean 50.0 %, catastrophic overfitting, ended early');
    assert.equal(outcome({ ...record, kind: 'train' }), 'done');
  });
});
