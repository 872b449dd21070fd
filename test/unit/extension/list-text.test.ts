import assert from 'node:assert/strict';
import type { RunRecord } from '../../../src/core/records/run-files';
import { listText } from '../../../src/extension/runs/list-text';

const record: RunRecord = {
  ...{ version: 1, id: '2026-01-01-000000-test-0000', kind: 'train', name: 'test', status: 'running' },
  ...{ startedAt: '2026-01-01T00:00:00.000Z', versions: {} },
  progress: { step: 10, steps: 1000, epoch: 1.01, epochs: 10 },
};

describe('listText', () => {
  const text = (progress: RunRecord['progress'], changes: Partial<RunRecord> = {}): string =>
    listText({ record: { ...record, progress, ...changes }, progress: undefined });
  const before = text(record.progress);

  it('stays as it is while a step changes nothing that lists say', () => {
    assert.equal(text({ step: 11, steps: 1000, epoch: 1.02, epochs: 10 }), before);
  });

  it('changes with the epoch, the status, and what was measured', () => {
    assert.notEqual(text({ step: 20, steps: 1000, epoch: 1.1, epochs: 10 }), before);
    assert.notEqual(text(record.progress, { status: 'stopped' }), before);
    assert.notEqual(text(record.progress, { robustAccuracy: 0.5 }), before);
  });

  it('changes with what an attack has done', () => {
    const state = (done: number): string =>
      listText({ record, progress: { phase: 'attack', done, total: 100, unit: 'images' } });
    assert.notEqual(state(1), state(2));
  });
});
