import assert from 'node:assert/strict';
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { RunRecord } from '../../../src/core/records/run-files';
import { runDirectory, runFile } from '../../../src/core/records/run-paths';
import { withoutKeys } from '../../../src/core/without-keys';
import { settingsOf } from '../../../src/extension/experiment/changed-settings';
import { lastRunDetail, lastRunText, runningText } from '../../../src/extension/experiment/last-run-text';
import { RunExperiments } from '../../../src/extension/experiment/run-experiments';
import { localTime } from '../../../src/extension/format';
import { temporaryRoot } from '../training/tiny-task';

const record: RunRecord = {
  version: 1,
  id: 'a',
  kind: 'train',
  name: 'e',
  status: 'done',
  startedAt: '2026-11-22T12:00:00.000Z',
  endedAt: '2026-11-22T12:30:00.000Z',
  versions: {},
  progress: { step: 250, steps: 800, epoch: 2.5, epochs: 8 },
  cleanAccuracy: 0.6,
  robustAccuracy: 0.23,
};
const at = localTime('2026-11-22T12:30:00.000Z');

describe('what an experiment file says of its last run', () => {
  it('is its result', () => {
    assert.equal(lastRunText(record, []), 'Last run: clean 60.0 %, robust 23.0 %');
    assert.equal(lastRunText(record, undefined), 'Last run: clean 60.0 %, robust 23.0 %');
  });

  it('says when and where a run ended that did not come to its end', () => {
    assert.equal(
      lastRunText({ ...record, status: 'stopped' }, []),
      `Last run, stopped on ${at} at epoch 2.5/8: clean 60.0 %, robust 23.0 %`,
    );
    const killed = withoutKeys(record, ['endedAt', 'cleanAccuracy', 'robustAccuracy']);
    assert.equal(
      lastRunText({ ...killed, status: 'failed' }, []),
      'Last run, failed at epoch 2.5/8: not evaluated',
    );
  });

  it('says that a result belongs to other settings than the text has now', () => {
    assert.equal(
      lastRunText(record, ['training.epochs', 'seed', 'method']),
      'Last run: clean 60.0 %, robust 23.0 % (with other settings than the text has now: training.epochs, seed, 1 more)',
    );
    assert.match(
      lastRunDetail(record, ['training.epochs', 'seed', 'method']).join('\n'),
      /now: training\.epochs, seed, method\)/,
    );
    assert.match(
      lastRunText(record, 'text has problems'),
      /\(settings not compared: the text has problems\)$/,
    );
    assert.equal(
      runningText({ ...record, status: 'running' }, ['seed']),
      'epoch 2.5/8 · clean 60.0 %, robust 23.0 % (with other settings than the text has now: seed)',
    );
  });
});

describe('the settings of a run beside those of its text', () => {
  const text = (change: object = {}): string =>
    JSON.stringify({
      name: 'e',
      dataset: { name: 'cifar10', folder: 'data' },
      model: { name: 'small-cnn' },
      method: { name: 'pgd-at' },
      training: { epochs: 2 },
      ...change,
    });
  let root: string;
  let file: string;
  before(async () => {
    root = await temporaryRoot();
    file = path.join(root, 'e.m2at.json');
    // As a run stores it: with every default, and on the device that a setting chose.
    const stored = settingsOf(text(), file)?.get('e') ?? assert.fail('the text has problems');
    await mkdir(runDirectory(root, 'a'), { recursive: true });
    await writeFile(
      path.join(runDirectory(root, 'a'), runFile.record),
      JSON.stringify({ ...record, id: 'a' }),
    );
    await writeFile(
      path.join(runDirectory(root, 'a'), runFile.experiment),
      JSON.stringify({ ...stored, device: 'onnx-cpu', threads: 2 }),
    );
  });
  const changes = (now: string, name?: string) =>
    new RunExperiments({ rootOf: (id) => (id === 'a' ? root : undefined) }).changes(
      'a',
      name,
      settingsOf(now, file),
    );

  it('do not differ where the text says the same, with defaults or without', async () => {
    assert.deepEqual(await changes(text()), []);
    assert.deepEqual(await changes(text({ seed: 0, device: 'auto', samples: { count: 2 } })), []);
    assert.deepEqual(
      await changes(text({ dataset: { name: 'cifar10', folder: path.join(root, 'data') } })),
      [],
    );
  });

  it('differ by the settings that were changed, named as in the file', async () => {
    assert.deepEqual(await changes(text({ training: { epochs: 3 }, seed: 1 })), ['seed', 'training.epochs']);
    assert.deepEqual(await changes(text({ method: { name: 'standard' } })), ['method']);
    const final = { count: 1000, attacks: [{ name: 'fgsm' }, { name: 'pgd', steps: 50 }] };
    assert.deepEqual(await changes(text({ evaluation: { final } })), ['evaluation.final.attacks.1.steps']);
  });

  it('are those of the run of that name, where a file has several', async () => {
    const several = text({ runs: [{ name: 'x' }, { name: 'y', seed: 5 }] });
    assert.deepEqual(await changes(several, 'x'), []);
    assert.deepEqual(await changes(several, 'y'), ['seed']);
    assert.equal(await changes(several, 'gone'), undefined);
  });

  it('can not be compared while the text has problems, or where a run left none', async () => {
    assert.equal(await changes('{'), 'text has problems');
    const none = new RunExperiments({ rootOf: () => root });
    assert.equal(await none.changes('b', undefined, settingsOf(text(), file)), undefined);
  });
});
