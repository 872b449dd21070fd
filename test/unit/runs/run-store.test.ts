import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readdir, readFile, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { M2atError } from '../../../src/core/errors';
import { readMetrics, truncateMetricRows } from '../../../src/core/runs/metrics-file';
import type { MetricRow, RunRecord, SampleGrid } from '../../../src/core/records/run-files';
import { newRecord } from '../../../src/core/runs/run-lifecycle';
import { thisProcess } from '../../../src/core/processes/process-identity';
import { readLimited } from '../../../src/core/files/read-limited';
import {
  isAttackId,
  isRunId,
  newRunId,
  runDirectory,
  runsDirectory,
} from '../../../src/core/records/run-paths';
import { deleteRun, listRuns, readRun } from '../../../src/core/runs/run-store';
import { RunWriter } from '../../../src/core/runs/run-writer';
import { lockRun } from '../../../src/core/runs/run-lock';
import { deleteSamplesAfter, readLatestSamples, writeSamples } from '../../../src/core/runs/sample-files';

const stepRow = (step: number, loss: number | null = 1): MetricRow => ({
  kind: 'step',
  step,
  epoch: step / 10,
  elapsedSeconds: step,
  loss,
  batchAccuracy: 0.5,
  learningRate: 0.1,
  imagesPerSecond: 10,
});

describe('run store', () => {
  let root: string;
  beforeEach(async () => {
    root = await mkdtemp(path.join(tmpdir(), 'm2at-test-'));
  });
  afterEach(() => rm(root, { recursive: true }));

  const makeRun = async (
    id: string,
    changes: { [K in keyof RunRecord]?: RunRecord[K] | undefined } = {},
  ): Promise<RunWriter> => {
    const record = newRecord({ id, kind: 'train', name: id, source: undefined });
    const writer = new RunWriter(root, record, () => undefined);
    await writer.open();
    await writer.update(changes);
    // What a test writes, it writes while it is here.
    writer.close();
    return writer;
  };

  it('ids are readable, sort by time, and never leave the folder', () => {
    const now = new Date('2026-11-22T18:15:30.123Z');
    const id = newRunId('train', 'fast', now);
    assert.match(id, /^2026-11-22-181530-fast-[0-9a-f]{4}$/);
    assert.ok(isRunId(id));
    for (const [kind, name, part] of [
      ['train', 'Compared: \u00c9t\u00e9, eps=4/255', 'compared-ete-eps-4-255'],
      ['train', '\u6a21\u578b', 'train'],
      ['train', 'x'.repeat(39) + ' yz', 'x'.repeat(39)],
      ['train', 'attack of the clones', 'run-attack-of-the-clones'],
      ['attack', 'resnet 18', 'attack-resnet-18'],
      ['attack', '../..', 'attack'],
      ['group', 'seeds', 'group-seeds'],
    ] as const) {
      const made = newRunId(kind, name, now);
      assert.equal(made.slice('2026-11-22-181530-'.length, -5), part);
      assert.ok(isRunId(made));
      assert.equal(isAttackId(made), kind === 'attack');
    }
    for (const bad of [
      '',
      '.',
      '..',
      '../x',
      'a/b',
      'a\\b',
      'a..b',
      '.hidden',
      'a.',
      'a b',
      'C:x',
      'x'.repeat(129),
    ]) {
      assert.ok(!isRunId(bad), bad);
      assert.throws(() => runDirectory(root, bad), M2atError);
    }
  });

  it('a root without runs has none', async () => {
    assert.deepEqual(await listRuns(root), []);
    await assert.rejects(readRun(root, 'nothing'), /there is no run/);
  });

  it('lists what it can, newest first, and says what is wrong with the rest', async () => {
    await makeRun('old', { status: 'done', startedAt: '2026-01-01T00:00:00.000Z' });
    await makeRun('new', { status: 'done', startedAt: '2026-02-01T00:00:00.000Z' });
    const folder = runsDirectory(root);
    await mkdir(path.join(folder, 'empty'));
    await mkdir(path.join(folder, 'torn'));
    await writeFile(path.join(folder, 'torn', 'run.json'), '{"version":1,');
    await mkdir(path.join(folder, 'not a run'));
    await writeFile(path.join(folder, 'notes.txt'), 'hello');
    const records = await listRuns(root);
    const byId = new Map(records.map((record) => [record.id, record]));
    assert.deepEqual([...byId.keys()].sort(), ['empty', 'new', 'old', 'torn']);
    assert.ok(records.findIndex(({ id }) => id === 'new') < records.findIndex(({ id }) => id === 'old'));
    assert.deepEqual(
      [byId.get('empty')?.status, byId.get('empty')?.message],
      ['failed', 'Interrupted before it began: nothing was computed. Delete it.'],
    );
    assert.equal(byId.get('torn')?.status, 'failed');
    assert.match(byId.get('torn')?.message ?? '', /^run\.json is no JSON \(.*\)\.$/);
  });

  it('a run whose process is gone reads as interrupted; a live one does not', async () => {
    await makeRun('live', { status: 'running', pid: process.pid });
    await makeRun('gone', { status: 'running', pid: 2 ** 22 + 1 });
    const byId = new Map((await listRuns(root)).map((record) => [record.id, record]));
    assert.equal(byId.get('live')?.status, 'running');
    assert.equal(byId.get('gone')?.status, 'failed');
    assert.match(byId.get('gone')?.message ?? '', /before the first checkpoint/);
  });

  it('metrics: a torn last line is left out, and the next row is not lost with it', async () => {
    const writer = await makeRun('run');
    await writer.row(stepRow(1));
    await writer.row(stepRow(2, null));
    const file = writer.file('metrics.jsonl');
    await writeFile(file, '{"kind":"step","st', { flag: 'a' });
    assert.deepEqual((await readMetrics(file)).rows, [stepRow(1), stepRow(2, null)]);
    await truncateMetricRows(file, { step: 1, evaluatedStep: 0 });
    await writer.row(stepRow(2));
    assert.deepEqual((await readRun(root, 'run')).rows, [stepRow(1), stepRow(2)]);
  });

  it('samples: the latest whole grid is found, and old ones go', async () => {
    const folder = path.join(root, 'samples');
    const grid = (step: number): SampleGrid => ({
      step,
      epoch: 0,
      imageSize: { height: 1, width: 1 },
      columns: [],
      rows: [],
      classNames: [],
    });
    for (let step = 0; step < 30; step++)
      await writeSamples(folder, { grid: grid(step), png: Uint8Array.of(step) });
    const names = await readdir(folder);
    assert.equal(names.length, 40);
    assert.ok(names.includes('0.json') && names.includes('29.png') && !names.includes('1.json'));
    await writeFile(path.join(folder, '29.json'), '{');
    const latest = await readLatestSamples(folder);
    assert.deepEqual([latest?.grid.step, latest?.png], [28, Uint8Array.of(28)]);
    await deleteSamplesAfter(folder, 12);
    assert.deepEqual((await readdir(folder)).sort(), [
      '0.json',
      '0.png',
      '11.json',
      '11.png',
      '12.json',
      '12.png',
    ]);
    await deleteSamplesAfter(path.join(root, 'nowhere'), 0);
  });

  it('an old record: a process id that was given again after a restart does not keep a run alive', async () => {
    const writer = await makeRun('old', { status: 'running', pid: process.pid, owner: undefined });
    assert.equal((await readRun(root, 'old')).record.status, 'running');
    // The process of the next container has the pid of the one that was killed.
    const before = (performance.timeOrigin - 10_000) / 1000;
    await utimes(writer.file('run.json'), before, before);
    assert.equal((await readRun(root, 'old')).record.status, 'failed');
    await makeRun('other', { status: 'running', pid: process.ppid, owner: undefined });
    assert.equal((await readRun(root, 'other')).record.status, 'running');
    await utimes(path.join(runDirectory(root, 'other'), 'run.json'), 0, 0);
    assert.equal((await readRun(root, 'other')).record.status, 'failed');
  });

  it('reads no more of a file than makes sense, and nothing but files', async () => {
    const file = path.join(root, 'file');
    await writeFile(file, '12345');
    assert.equal(String(await readLimited(file, 5)), '12345');
    await assert.rejects(readLimited(file, 4), /has 5 bytes; at most 4/);
    await assert.rejects(readLimited(root, 4));
    const writer = await makeRun('large');
    await writeFile(writer.file('run.json'), ' '.repeat(2 ** 20 + 1));
    assert.equal(
      (await readRun(root, 'large')).record.message,
      'run.json has 1048577 bytes; at most 1048576 are read.',
    );
  });

  it('only one process resumes a run; a lock of a dead one is taken over', async () => {
    const file = path.join(root, 'resume.lock');
    const unlock = await lockRun(file);
    assert.deepEqual(JSON.parse(await readFile(file, 'utf8')), thisProcess());
    await assert.rejects(lockRun(file), /being resumed already/);
    await unlock();
    assert.deepEqual(await readdir(root), []);
    for (const pid of [2 ** 22 + 1, process.pid]) {
      await writeFile(file, String(pid));
      await (
        await lockRun(file)
      )();
    }
    await writeFile(file, String(process.ppid));
    await assert.rejects(lockRun(file), /being resumed already/);
    await writeFile(file, '');
    await assert.rejects(lockRun(file), /being resumed already/);
    await utimes(file, 0, 0);
    await (
      await lockRun(file)
    )();
  });

  it('one process at a time takes over the lock of a dead one', async () => {
    const file = path.join(root, 'resume.lock');
    const guard = `${file}.takeover`;
    const dead = String(2 ** 22 + 1);
    await writeFile(file, dead);
    await writeFile(guard, String(process.ppid));
    await assert.rejects(lockRun(file), /being resumed already/);
    assert.equal(await readFile(file, 'utf8'), dead);
    // What a process leaves that is killed on the way.
    await writeFile(guard, dead);
    await (
      await lockRun(file)
    )();
    assert.deepEqual(await readdir(root), []);
  });

  it('two calls of one process never both get a lock, a stale one with its own pid least of all', async () => {
    const file = path.join(root, 'resume.lock');
    for (let round = 0; round < 50; round++) {
      if (round % 2 === 1) await writeFile(file, String(process.pid));
      const taken = await Promise.allSettled([lockRun(file), lockRun(file), lockRun(file)]);
      const locks = taken.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
      assert.equal(locks.length, 1, `round ${round}`);
      assert.deepEqual(JSON.parse(await readFile(file, 'utf8')), thisProcess());
      await locks[0]?.();
      assert.deepEqual(await readdir(root), []);
    }
  });

  it('deletes a run, but not a live one, nor what a link points to', async () => {
    await makeRun('done', { status: 'done' });
    await makeRun('live', { status: 'running', pid: process.pid });
    await assert.rejects(deleteRun(root, 'live'), /still going on/);
    await deleteRun(root, 'done');
    assert.deepEqual(await readdir(runsDirectory(root)), ['live']);
    if (process.platform !== 'win32') {
      const elsewhere = path.join(root, 'elsewhere');
      await mkdir(elsewhere);
      await writeFile(path.join(elsewhere, 'precious'), '');
      await symlink(elsewhere, path.join(runsDirectory(root), 'link'));
      await deleteRun(root, 'link');
      assert.deepEqual(await readdir(elsewhere), ['precious']);
    }
  });
});
