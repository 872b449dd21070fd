import assert from 'node:assert/strict';
import type { RunRecord } from '../../../src/core/records/run-files';
import { announcement } from '../../../webview/sections/summary/announcement';
import { corruptionTableOf } from '../../support/corruption-table';
import { elapsedSeconds, keyNumbers } from '../../../webview/sections/key-numbers/key-numbers';
import { restriction, runActions } from '../../../webview/dashboard/run-actions';
import { transferSource } from '../../../webview/sections/transfer/transfer-rows';
import { madeReport } from '../../support/attack-run';
import { transferRow } from '../../support/transfer-row';
import { progressParts, shareDone } from '../../../webview/state/run-progress';
import { RunState } from '../../../webview/state/run-state';
import { evaluationRow, runRecord, stepRow } from './rows';

function stateOf(
  change: Partial<RunRecord> = {},
  { live = true, trusted = true, checkpoint = true, paused = false } = {},
): RunState {
  const state = new RunState();
  state.apply({ type: 'state', record: runRecord(change), rows: [], live, trusted, checkpoint, paused });
  return state;
}

const NOW = Date.parse('2026-01-02T03:05:05.000Z');

describe('webview: run state', () => {
  it('tells which parts a batch of rows changed', () => {
    const state = stateOf();
    assert.deepEqual([...state.apply({ type: 'rows', rows: [stepRow(1), stepRow(2)] })], ['steps']);
    const both = state.apply({ type: 'rows', rows: [stepRow(3), evaluationRow(3)] });
    assert.deepEqual([...both].sort(), ['evaluations', 'steps']);
    assert.equal(state.series.length, 3);
  });

  it('starts over when the whole state is sent again', () => {
    const state = stateOf();
    state.apply({ type: 'rows', rows: [stepRow(1), evaluationRow(1)] });
    const rows = [stepRow(5)];
    state.apply({
      type: 'state',
      record: runRecord(),
      rows,
      live: false,
      trusted: true,
      checkpoint: false,
      paused: false,
    });
    assert.deepEqual([...state.series.column('step')], [5]);
    assert.equal(state.series.evaluations.length, 0);
    assert.equal(state.live, false);
  });

  it('forgets the progress of a run that ended', () => {
    const state = stateOf();
    state.apply({ type: 'progress', progress: { phase: 'train', done: 1, total: 4, unit: 'steps' } });
    state.apply({ type: 'record', record: runRecord({ status: 'done' }) });
    assert.equal(state.progress, undefined);
  });
});

describe('webview: transfer', () => {
  it('comes with the state, and anew once more was measured', () => {
    const state = stateOf({ kind: 'attack', status: 'done' });
    assert.equal(state.transfer, undefined);
    const transfer = { version: 1 as const, warnings: [], rows: [transferRow()] };
    assert.deepEqual([...state.apply({ type: 'transfer', transfer })], ['transfer']);
    assert.deepEqual(state.transfer, transfer);
  });

  it('is a table with the numbers of each network', () => {
    const rows = [
      transferRow({ isSource: true, target: '/nets/a/model.json' }),
      transferRow({ fooled: { count: 0, of: 0 }, transferred: undefined }),
    ];
    const table = transferSource({ version: 1, warnings: [], rows });
    assert.equal(table.count, 2);
    const labels = table.columns.map(({ label }) => label);
    for (const at of [0, 1]) assert.equal(table.row(at).cells.length, labels.length);
    const cells = Object.fromEntries(labels.map((label, at) => [label, table.row(0).cells[at]]));
    assert.equal(cells['Shown to'], 'a/model.json (the source)');
    assert.match(cells.Accuracy ?? '', /^25\.0/);
    assert.match(cells['95 % interval'] ?? '', /^14\.2–40\.2/);
    assert.match(cells.Clean ?? '', /^75\.0.*\(59\.8–85\.8\)$/);
    assert.match(cells.Fooled ?? '', /^21 of 30 \(70\.0/);
    assert.match(cells['Of what fools the source'] ?? '', /^20 of 25 \(80\.0/);
    assert.deepEqual(table.row(1).cells.slice(-2), ['0 of 0', '']);
    const bare = transferRow({ clean: undefined, fooled: undefined, transferred: undefined });
    assert.deepEqual(
      transferSource({ version: 1, warnings: [], rows: [bare] }).columns.map(({ label }) => label),
      ['Examples of', 'Shown to', 'Images', 'Accuracy', '95 % interval'],
    );
  });
});

describe('webview: actions', () => {
  const types = (state: RunState) => runActions(state).map(({ type }) => type);
  const action = (state: RunState, type: string) => runActions(state).find((one) => one.type === type);

  it('offers to stop a run that goes on, and to resume one that was stopped', () => {
    assert.deepEqual(types(stateOf()), [
      ...['stop', 'pause', 'evaluateNow', 'attack', 'modify', 'showLog', 'revealFolder'],
    ]);
    assert.deepEqual(types(stateOf({ kind: 'attack' })).slice(0, 3), ['stop', 'pause', 'attack']);
    assert.deepEqual(types(stateOf({ status: 'stopped' })), [
      'resume',
      'attack',
      'modify',
      'showLog',
      'revealFolder',
    ]);
    assert.deepEqual(types(stateOf({ status: 'failed' })), [
      'resume',
      'attack',
      'modify',
      'showLog',
      'revealFolder',
    ]);
    const early = stateOf({ status: 'failed' }, { checkpoint: false });
    assert.deepEqual(types(early), ['attack', 'modify', 'showLog', 'revealFolder']);
    assert.equal(action(early, 'attack')?.enabled, false);
    const attack = stateOf({ status: 'stopped', kind: 'attack' });
    assert.deepEqual(types(attack), ['resume', 'attack', 'modify', 'evaluate', 'showLog', 'revealFolder']);
    assert.equal(action(attack, 'resume')?.title, 'Continue the attack where it was stopped');
    const lost = stateOf({ status: 'stopped', kind: 'attack' }, { checkpoint: false });
    assert.deepEqual(types(lost), ['attack', 'modify', 'evaluate', 'showLog', 'revealFolder']);
    assert.deepEqual(types(stateOf({ status: 'done' })), ['attack', 'modify', 'showLog', 'revealFolder']);
  });

  it('are Continue and Stop for a run that is paused, whether it has a checkpoint yet or not', () => {
    for (const checkpoint of [true, false]) {
      const state = stateOf({ status: 'stopped' }, { paused: true, checkpoint });
      assert.equal(state.status, 'paused');
      assert.deepEqual(types(state).slice(0, 3), ['resume', 'stop', 'attack']);
      const [goOn] = runActions(state);
      assert.deepEqual([goOn?.label, goOn?.enabled, goOn?.primary], ['Continue', true, true]);
    }
    const state = stateOf({ status: 'stopping' }, { paused: true });
    assert.equal(state.status, 'pausing');
    assert.deepEqual([action(state, 'stop')?.enabled, action(state, 'pause')?.enabled], [true, false]);
    assert.equal(stateOf({ status: 'done' }, { paused: true }).status, 'done', 'it came too late');
    const away = stateOf({ status: 'stopped' }, { paused: true, live: false });
    assert.match(action(away, 'resume')?.title ?? '', /can’t be reached/);
  });

  it('change with what is known of the process', () => {
    const state = stateOf({ status: 'stopped' });
    assert.equal(runActions(state)[0]?.label, 'Resume');
    const changed = state.apply({ type: 'facts', live: true, checkpoint: true, paused: true });
    assert.deepEqual([...changed], ['record']);
    assert.equal(runActions(state)[0]?.label, 'Continue');
    assert.match(announcement(state), /^quickstart \/ m2at: paused\./);
    state.apply({ type: 'facts', live: false, checkpoint: true, paused: false });
    assert.equal(runActions(state)[0]?.label, 'Resume');
  });

  it('disables what cannot be done and says why', () => {
    assert.equal(action(stateOf(), 'stop')?.enabled, true);
    const elsewhere = action(stateOf({}, { live: false }), 'stop');
    assert.ok(elsewhere);
    assert.equal(elsewhere.enabled, false);
    assert.match(elsewhere.title, /can’t be reached/);
    assert.equal(action(stateOf({ status: 'stopping' }), 'stop')?.enabled, false);
    assert.equal(action(stateOf(), 'attack')?.enabled, false);
    assert.equal(action(stateOf({ status: 'done' }), 'attack')?.enabled, true);
  });

  it('offers to show examples to other networks where there are some', () => {
    const over = stateOf({ status: 'done', kind: 'attack' });
    assert.equal(action(over, 'evaluate')?.enabled, false);
    over.apply({ type: 'report', report: madeReport() });
    assert.equal(action(over, 'evaluate')?.enabled, true);
    const running = stateOf({ status: 'running', kind: 'attack' });
    running.apply({ type: 'report', report: madeReport() });
    assert.equal(action(running, 'evaluate')?.enabled, false);
    const untrusted = stateOf({ status: 'done', kind: 'attack' }, { trusted: false });
    untrusted.apply({ type: 'report', report: madeReport() });
    assert.match(action(untrusted, 'evaluate')?.title ?? '', /Restricted Mode/);
  });

  it('only lets look in an untrusted workspace', () => {
    const state = stateOf({ status: 'stopped' }, { trusted: false });
    const enabled = runActions(state).filter((one) => one.enabled);
    assert.deepEqual(
      enabled.map(({ type }) => type),
      ['showLog', 'revealFolder'],
    );
    assert.match(restriction(state) ?? '', /Restricted Mode/);
    assert.equal(restriction(stateOf()), undefined);
  });
});

describe('webview: progress', () => {
  it('follows the steps of a training run, whatever phase it is in', () => {
    const state = stateOf({ progress: { step: 50, steps: 400, epoch: 0.5, epochs: 4 } });
    state.apply({ type: 'rows', rows: [stepRow(100)] });
    state.apply({
      type: 'progress',
      progress: {
        phase: 'evaluate',
        done: 250,
        total: 500,
        unit: 'images',
        pass: { index: 1, count: 3 },
        secondsLeft: 84,
        detail: 'pgd-10 linf 8/255',
      },
    });
    assert.equal(shareDone(state), 0.25);
    assert.deepEqual(progressParts(state), [
      'Evaluating, attack 1 of 2: pgd-10 linf 8/255',
      '250 of 500 images',
      '1.00 of 4 epochs',
      '100 of 400 steps',
      '1 min 24 s left',
    ]);
  });

  it('counts epochs once', () => {
    const state = stateOf({ progress: { step: 1032, steps: 24_000, epoch: 2.58, epochs: 60 } });
    state.apply({
      type: 'progress',
      progress: { phase: 'train', done: 1032, total: 24_000, unit: 'steps', detail: 'epoch 3 of 60' },
    });
    assert.deepEqual(progressParts(state), ['Training', '2.58 of 60 epochs', '1,032 of 24,000 steps']);
  });

  it('shows the phase before the first step, and is unknown without a total', () => {
    const state = stateOf({ status: 'preparing' });
    assert.equal(shareDone(state), undefined);
    state.apply({
      type: 'progress',
      progress: { phase: 'download', done: 34e6, total: 170e6, unit: 'bytes', detail: 'CIFAR-10' },
    });
    assert.equal(shareDone(state), 0.2);
    assert.deepEqual(progressParts(state), ['Downloading CIFAR-10', '34.0 MB of 170.0 MB']);
    state.apply({
      type: 'progress',
      progress: { phase: 'decode', done: 0, total: 6, unit: 'files', detail: 'data_batch_1.bin' },
    });
    assert.deepEqual(progressParts(state), ['Decoding data_batch_1.bin', '0 of 6 files']);
    state.apply({ type: 'progress', progress: { phase: 'compile', done: 0, total: 0, unit: 'steps' } });
    assert.deepEqual(progressParts(state), ['Compiling']);
    assert.equal(shareDone(state), undefined);
    const begun = { step: 0, steps: 400, epoch: 0, epochs: 4 };
    assert.equal(shareDone(stateOf({ status: 'running', progress: begun })), undefined);
    assert.equal(shareDone(stateOf({ status: 'stopped', progress: begun })), 0, 'over before its first step');
  });
});

describe('webview: key numbers', () => {
  const value = (state: RunState, id: string) => keyNumbers(state, NOW).find((number) => number.id === id);

  it('shows the latest evaluation and how it changed', () => {
    const state = stateOf();
    assert.equal(value(state, 'clean')?.value, '–');
    state.apply({ type: 'rows', rows: [stepRow(1), evaluationRow(1)] });
    assert.equal(value(state, 'clean')?.note, '500 test images');
    state.apply({ type: 'rows', rows: [evaluationRow(2, { cleanAccuracy: 0.642, robustAccuracy: 0.19 })] });
    assert.equal(value(state, 'clean')?.value, '64.2\u202f%');
    assert.equal(value(state, 'clean')?.note, '↑ 4.2 points');
    assert.equal(value(state, 'robust')?.note, '↓ 1.0 points');
  });

  it('says of a run that is over why a number is missing', () => {
    const note = (status: RunRecord['status']) => value(stateOf({ status }), 'robust')?.note;
    assert.equal(note('running'), 'not measured yet');
    assert.equal(note('failed'), 'not measured: the run failed');
    assert.equal(note('stopped'), 'not measured: the run was stopped');
    assert.equal(note('done'), 'not measured');
    const recorded = stateOf({ status: 'failed', cleanAccuracy: 0.5, robustAccuracy: 0.25 });
    assert.deepEqual([value(recorded, 'clean')?.value, value(recorded, 'clean')?.note], ['50.0\u202f%', '']);
  });

  it('has the mean under corruptions, and no robust accuracy where nothing was attacked', () => {
    const state = stateOf({ kind: 'attack', status: 'done' });
    assert.deepEqual([value(state, 'corrupted'), value(state, 'robust')?.value], [undefined, '–']);
    const changed = state.apply({ type: 'corruptions', table: corruptionTableOf([30, 10, 36, 20]) });
    assert.deepEqual([...changed], ['corruptions']);
    const { value: mean, note, hint } = value(state, 'corrupted') ?? {};
    assert.deepEqual([mean, note], ['60.0\u202f%', 'mean of 4 accuracies']);
    assert.equal(hint, '95\u202f% interval 44.6–73.7\u202f%, of 40 images');
    assert.equal(value(state, 'robust'), undefined);
    state.apply({ type: 'report', report: madeReport() });
    assert.notEqual(value(state, 'robust'), undefined, 'with attacks there is one');
  });

  it('tells the 95 % interval on hover', () => {
    const state = stateOf();
    state.apply({ type: 'rows', rows: [evaluationRow(1)] });
    assert.equal(value(state, 'clean')?.hint, '95\u202f% interval 55.6–64.2\u202f%, of 500 images');
    assert.equal(value(state, 'loss')?.hint, undefined);
    const recorded = stateOf({ cleanAccuracy: 0.5, cleanAccuracyInterval: [0.4564, 0.5436] });
    assert.equal(value(recorded, 'clean')?.hint, '95\u202f% interval 45.6–54.4\u202f%');
  });

  it('counts the time by the clock until the first row, then as the rows say', () => {
    const state = stateOf();
    assert.equal(elapsedSeconds(state, NOW), 60);
    state.apply({ type: 'rows', rows: [stepRow(100)] });
    assert.equal(elapsedSeconds(state, NOW), 10);
    const ended = stateOf({ status: 'failed', endedAt: '2026-01-02T03:04:35.000Z' });
    assert.equal(elapsedSeconds(ended, NOW), 30);
  });
});

describe('webview: announcements', () => {
  it('speaks at evaluations and at the end, not at steps', () => {
    const state = stateOf();
    state.apply({ type: 'rows', rows: [stepRow(1), evaluationRow(1)] });
    const spoken = announcement(state);
    assert.equal(spoken, 'Step 1: clean accuracy 60.0\u202f%, robust accuracy 20.0\u202f%.');
    state.apply({ type: 'rows', rows: [stepRow(2)] });
    assert.equal(announcement(state), spoken);
    state.apply({ type: 'record', record: runRecord({ status: 'done' }) });
    assert.match(announcement(state), /^quickstart \/ m2at: done\. /);
  });
});
