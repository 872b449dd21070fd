import assert from 'node:assert/strict';
import type { RunEvent } from '../../../src/core/records/run-event';
import type { MetricRow, RunRecord, SampleGrid } from '../../../src/core/records/run-files';
import { isResumable, newRunState } from '../../../src/extension/runs/run-state';
import { reduce } from '../../../src/core/records/run-state';
import { MessageBatch } from '../../../src/extension/views/message-batch';

const record: RunRecord = {
  version: 1,
  id: 'a',
  kind: 'train',
  name: 'a',
  status: 'running',
  startedAt: '2026-01-01T00:00:00.000Z',
  versions: {},
};
const metric = (step: number): RunEvent & { type: 'metric' } => ({ type: 'metric', row: stepRow(step) });
const stepRow = (step: number): MetricRow => ({
  kind: 'step',
  step,
  epoch: step / 10,
  elapsedSeconds: step,
  loss: 1,
  batchAccuracy: 0.5,
  learningRate: 0.1,
  imagesPerSecond: 10,
});
const evaluation: MetricRow = {
  kind: 'evaluation',
  step: 2,
  epoch: 1,
  elapsedSeconds: 3,
  final: false,
  count: 10,
  loss: 1,
  cleanAccuracy: 0.5,
  robustAccuracy: 0.25,
  attacks: [],
};
const progress = (done: number): RunEvent & { type: 'progress' } => ({
  type: 'progress',
  progress: { phase: 'train', done, total: 9, unit: 'steps' },
});

const grid: SampleGrid = {
  step: 0,
  epoch: 0,
  imageSize: { height: 1, width: 1 },
  columns: [],
  rows: [],
  classNames: [],
};
const gallery = (attack: number, byte: number): RunEvent & { type: 'gallery' } => ({
  type: 'gallery',
  grid: { ...grid, attack },
  png: Uint8Array.of(byte),
});

describe('the state of a run', () => {
  it('adds rows, and an evaluation after the step that it belongs to', () => {
    const state = newRunState(record);
    assert.deepEqual(reduce(state, metric(1)), ['steps']);
    assert.deepEqual(reduce(state, metric(2)), ['steps']);
    assert.deepEqual(reduce(state, { type: 'metric', row: evaluation }), ['evaluations']);
    assert.equal(state.rows.all.length, 3);
  });

  it('drops the rows that a resumed run repeats', () => {
    const state = newRunState(record);
    for (const step of [1, 2, 3, 4]) reduce(state, metric(step));
    reduce(state, metric(3));
    const after = (step: number) => ({ ...evaluation, step });
    for (const row of [after(3), { ...after(3), final: true }, after(3), after(2)]) {
      reduce(state, { type: 'metric', row });
    }
    assert.deepEqual(
      state.rows.all.map(({ step, kind }) => `${step} ${kind}`),
      ['1 step', '2 step', '2 evaluation'],
    );
    reduce(state, metric(2));
    assert.deepEqual(
      state.rows.all.map(({ step, kind }) => `${step} ${kind}`),
      ['1 step', '2 step'],
    );
  });

  it('keeps the latest pictures of each attack', () => {
    const state = newRunState({ ...record, kind: 'attack' });
    for (const event of [gallery(0, 1), gallery(1, 2), gallery(0, 3)]) reduce(state, event);
    assert.deepEqual(
      [...state.galleries].map(([attack, { png }]) => [attack, ...png]),
      [
        [0, 3],
        [1, 2],
      ],
    );
  });

  it('forgets the progress of a run that is over', () => {
    const state = newRunState(record);
    reduce(state, progress(1));
    assert.equal(state.progress?.done, 1);
    reduce(state, { type: 'record', record: { ...record, status: 'done' } });
    assert.equal(state.progress, undefined);
  });
});

describe('isResumable', () => {
  it('is a run that was stopped or failed with something to go on from', () => {
    assert.equal(isResumable({ ...record, status: 'stopped' }, true), true);
    assert.equal(isResumable({ ...record, status: 'failed' }, true), true);
    assert.equal(isResumable({ ...record, status: 'failed' }, false), false);
    assert.equal(isResumable({ ...record, status: 'done' }, true), false);
    assert.equal(isResumable(record, true), false);
    assert.equal(isResumable({ ...record, kind: 'attack', status: 'stopped' }, true), true);
  });
});

describe('MessageBatch', () => {
  it('keeps every row and only the latest of the rest, the record last', () => {
    const batch = new MessageBatch();
    for (const done of [1, 2]) batch.add(progress(done));
    for (const step of [1, 2, 3]) batch.add(metric(step));
    batch.add({ type: 'record', record });
    batch.add({ type: 'log', level: 'info', text: 'x' });
    assert.deepEqual(batch.take(), [
      progress(2),
      { type: 'rows', rows: [1, 2, 3].map(stepRow) },
      { type: 'record', record },
    ]);
    assert.deepEqual(batch.take(), []);
  });

  it('keeps the latest pictures of each attack, and sends them once', () => {
    const batch = new MessageBatch();
    for (const event of [gallery(0, 1), gallery(1, 2), gallery(0, 3)]) batch.add(event);
    const sent = batch.take().flatMap((message) => (message.type === 'gallery' ? [message] : []));
    assert.deepEqual(
      sent.map(({ grid: { attack }, png }) => [attack, ...png]),
      [
        [0, 3],
        [1, 2],
      ],
    );
    assert.deepEqual(batch.take(), []);
  });
});
