import assert from 'node:assert/strict';
import { appendFile, mkdir, mkdtemp, rename, rm, utimes, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import type { MetricRow, RunRecord } from '../../../src/core/records/run-files';
import { runDirectory } from '../../../src/core/runs/run-store';
import { RunFollower } from '../../../src/extension/runs/run-follower';
import { madeReport } from '../../support/attack-run';
import { transferRow } from '../../support/transfer-row';

const id = '2026-01-01-000000-test-0000';
const record: RunRecord = {
  version: 1,
  id,
  kind: 'train',
  name: 'test',
  status: 'running',
  pid: process.pid,
  startedAt: '2026-01-01T00:00:00.000Z',
  versions: {},
};

function row(step: number): MetricRow {
  return {
    kind: 'step',
    step,
    epoch: 0,
    elapsedSeconds: step,
    loss: 1,
    batchAccuracy: 0.5,
    learningRate: 0.1,
    imagesPerSecond: 10,
  };
}

describe('RunFollower', () => {
  let root = '';
  let folder = '';
  beforeEach(async () => {
    root = await mkdtemp(path.join(os.tmpdir(), 'm2at-follower-'));
    folder = runDirectory(root, id);
    await mkdir(path.join(folder, 'samples'), { recursive: true });
    await write(record);
  });
  afterEach(() => rm(root, { recursive: true, force: true }));

  const write = (changed: RunRecord): Promise<void> =>
    writeFile(path.join(folder, 'run.json'), JSON.stringify(changed));
  const metrics = (text: string): Promise<void> => appendFile(path.join(folder, 'metrics.jsonl'), text);
  const line = (step: number): string => `${JSON.stringify(row(step))}\n`;

  it('reads everything once, then only what is new', async () => {
    const follower = new RunFollower(root, id);
    await metrics(line(1) + line(2));
    const first = await follower.read();
    assert.deepEqual(first?.events, [
      { type: 'record', record },
      { type: 'metric', row: row(1) },
      { type: 'metric', row: row(2) },
    ]);
    assert.deepEqual((await follower.read())?.events, []);

    await metrics(line(3));
    const done: RunRecord = { ...record, status: 'done' };
    await write(done);
    assert.deepEqual((await follower.read())?.events, [
      { type: 'record', record: done },
      { type: 'metric', row: row(3) },
    ]);
  });

  it('reads only the files that may have changed, where that is known', async () => {
    const follower = new RunFollower(root, id);
    await follower.read();
    const done: RunRecord = { ...record, status: 'done' };
    await write(done);
    await metrics(line(1));
    const read = async (...names: string[]): Promise<unknown> =>
      (await follower.read(new Set(names)))?.events;
    assert.deepEqual(await read('log.txt'), []);
    assert.deepEqual(await read('metrics.jsonl'), [{ type: 'metric', row: row(1) }]);
    assert.deepEqual(await read('metrics.jsonl', 'run.json'), [{ type: 'record', record: done }]);
  });

  it('leaves a line that is still being written for the next time', async () => {
    const follower = new RunFollower(root, id);
    const text = line(2);
    await metrics(line(1) + text.slice(0, 20));
    assert.equal((await follower.read())?.events.length, 2);
    await metrics(text.slice(20));
    assert.deepEqual((await follower.read())?.events, [{ type: 'metric', row: row(2) }]);
  });

  it('starts over when the metrics were written anew, also at the same length', async () => {
    const follower = new RunFollower(root, id);
    await metrics(line(1) + line(2));
    await follower.read();
    const other = path.join(folder, 'metrics.tmp');
    await writeFile(other, line(1) + line(3));
    await rename(other, path.join(folder, 'metrics.jsonl'));
    assert.deepEqual(await follower.read(), {
      restarted: true,
      events: [
        { type: 'metric', row: row(1) },
        { type: 'metric', row: row(3) },
      ],
    });
  });

  it('reports a line that is no row and goes on after it', async () => {
    const follower = new RunFollower(root, id);
    await metrics(`{"kind":"other"}\n${line(2)}`);
    const events = (await follower.read())?.events ?? [];
    assert.deepEqual(
      events.map(({ type }) => type),
      ['record', 'log', 'metric'],
    );
  });

  it('gives the latest samples as a plain Uint8Array with a buffer of its own', async () => {
    const grid = {
      step: 50,
      epoch: 1,
      imageSize: { height: 1, width: 1 },
      columns: [],
      rows: [],
      classNames: ['a'],
    };
    for (const step of [7, 50]) {
      await writeFile(path.join(folder, 'samples', `${step}.png`), Uint8Array.of(step));
      await writeFile(path.join(folder, 'samples', `${step}.json`), JSON.stringify({ ...grid, step }));
    }
    const follower = new RunFollower(root, id);
    const samples = (await follower.read())?.events.find((event) => event.type === 'samples');
    assert.ok(samples?.type === 'samples');
    assert.equal(samples.grid.step, 50);
    assert.equal(samples.png.constructor, Uint8Array);
    assert.deepEqual([samples.png.byteLength, samples.png.buffer.byteLength], [1, 1]);
    assert.deepEqual((await follower.read())?.events, []);
  });

  it('shows a run as over when its process is gone', async () => {
    await write({ ...record, pid: 2 ** 30 });
    const [first] = (await new RunFollower(root, id).read())?.events ?? [];
    assert.ok(first?.type === 'record');
    assert.equal(first.record.status, 'failed');
  });

  it('returns nothing for a run that is gone', async () => {
    const follower = new RunFollower(root, id);
    await rm(folder, { recursive: true });
    assert.equal(await follower.read(), undefined);
  });

  it('refuses an id that leads out of the folder of runs', () => {
    assert.throws(() => new RunFollower(root, '..'), /no name of a run/);
  });

  it('gives the pictures of each attack when they are new, and leaves what is cut short for later', async () => {
    const folders = path.join(folder, 'gallery');
    await mkdir(folders);
    const grid = {
      step: 0,
      epoch: 0,
      imageSize: { height: 1, width: 1 },
      columns: [],
      rows: [],
      classNames: [],
    };
    const galleries = async (): Promise<unknown[]> =>
      ((await follower.read())?.events ?? []).flatMap((event) =>
        event.type === 'gallery' ? [[event.grid.attack, ...event.png]] : [],
      );
    for (const attack of [0, 1]) {
      await writeFile(path.join(folders, `${attack}.png`), Uint8Array.of(attack));
      await writeFile(path.join(folders, `${attack}.json`), JSON.stringify({ ...grid, attack }));
    }
    await writeFile(path.join(folders, '2.png'), Uint8Array.of(2));
    await writeFile(path.join(folders, '2.json'), JSON.stringify(grid).slice(0, 20));
    const follower = new RunFollower(root, id);
    assert.deepEqual(await galleries(), [
      [0, 0],
      [1, 1],
    ]);
    assert.deepEqual(await galleries(), []);
    await writeFile(path.join(folders, '2.json'), JSON.stringify({ ...grid, attack: 2 }));
    assert.deepEqual(await galleries(), [[2, 2]]);
    await writeFile(path.join(folders, '1.png'), Uint8Array.of(9, 9));
    await utimes(path.join(folders, '1.png'), 1e9, 1e9);
    assert.deepEqual(await galleries(), [[1, 9, 9]]);
  });

  it('gives what other networks made of the examples, and tells when that is gone', async () => {
    const file = path.join(folder, 'transfer.json');
    const follower = new RunFollower(root, id);
    const transfers = async (): Promise<unknown[]> =>
      ((await follower.read())?.events ?? []).flatMap((event) =>
        event.type === 'transfer' ? [event.transfer.rows] : [],
      );
    assert.deepEqual(await transfers(), []);
    const [first, second] = [transferRow(), transferRow({ target: '/nets/c.onnx' })];
    await writeFile(file, JSON.stringify({ version: 1, warnings: [], rows: [first] }));
    assert.deepEqual(await transfers(), [[first]]);
    assert.deepEqual(await transfers(), []);
    await writeFile(file, JSON.stringify({ version: 1, warnings: [], rows: [first, second] }));
    await utimes(file, 1e9, 1e9);
    assert.deepEqual(await transfers(), [[first, second]]);
    await rm(file);
    assert.deepEqual(await transfers(), [[]]);
  });

  it('gives also a long report, as the command line does', async () => {
    const file = path.join(folder, 'report.json');
    const reports = async (): Promise<unknown[]> =>
      ((await new RunFollower(root, id).read())?.events ?? []).flatMap((event) =>
        event.type === 'report' ? [event.report] : [],
      );
    const report = madeReport();
    await writeFile(file, JSON.stringify(report).padEnd(65 << 20));
    assert.deepEqual(await reports(), [report]);
  });
});
