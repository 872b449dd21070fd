import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readdir, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { thisProcess } from '../../../src/core/processes/process-identity';
import type { RunRecord } from '../../../src/core/records/run-files';
import { newRecord } from '../../../src/core/runs/run-lifecycle';
import { runDirectory, runsDirectory } from '../../../src/core/records/run-paths';
import { RunWriter } from '../../../src/core/runs/run-writer';
import { removeLeftovers, tidyRuns } from '../../../src/core/runs/tidy-runs';

const named = JSON.stringify({
  weightsManifest: [{ paths: ['weights-5-aaaaaaaa.bin'] }],
  userDefinedMetadata: { optimizerFile: 'optimizer-5-aaaaaaaa.bin' },
});
const kept = [
  'checkpoints/last/model.json',
  'checkpoints/last/optimizer-5-aaaaaaaa.bin',
  'checkpoints/last/weights-5-aaaaaaaa.bin',
  'notes.tmp',
  'run.json',
  'samples/0.json',
  'samples/0.png',
];
const left = [
  '.run.json.0123abcd.tmp',
  'adversarial/.0-fgsm.npy.0123abcd.tmp',
  'checkpoints/last/.model.json.0123abcd.tmp',
  'checkpoints/last/optimizer-9-bbbbbbbb.bin',
  'checkpoints/last/weights-9-bbbbbbbb.bin',
  'gallery/3.png',
  'samples/7.png',
];

describe('what a killed process leaves', () => {
  let root: string;
  beforeEach(async () => {
    root = await mkdtemp(path.join(tmpdir(), 'm2at-test-'));
  });
  afterEach(() => rm(root, { recursive: true }));

  async function makeRun(id: string, changes: Partial<RunRecord>, age = 3600): Promise<string> {
    const folder = runDirectory(root, id);
    const record = newRecord({ id, kind: 'train', name: id, source: undefined });
    for (const name of [...kept, ...left]) {
      const file = path.join(folder, name);
      await mkdir(path.dirname(file), { recursive: true });
      const content =
        name === 'run.json'
          ? JSON.stringify({ ...record, ...changes })
          : name.endsWith('model.json')
            ? named
            : 'x';
      await writeFile(file, content);
      const time = Date.now() / 1000 - age;
      await utimes(file, time, time);
      await utimes(path.dirname(file), time, time);
    }
    return folder;
  }

  const filesOf = async (folder: string): Promise<string[]> =>
    (await readdir(folder, { recursive: true, withFileTypes: true }))
      .filter((entry) => !entry.isDirectory())
      .map((entry) =>
        path.relative(folder, path.join(entry.parentPath, entry.name)).split(path.sep).join('/'),
      )
      .sort();

  it('goes with a listing where its process is gone, and nowhere else', async () => {
    const dead = { ...thisProcess(), started: '1' };
    const folders = {
      done: await makeRun('done', { status: 'done' }),
      killed: await makeRun('killed', {
        status: 'running',
        owner: { host: dead.host, system: dead.system, started: '1' },
        pid: 2 ** 22 - 1,
      }),
      live: await makeRun('live', { status: 'running' }),
      far: await makeRun('far', { status: 'running', owner: { host: 'far-away', system: 'linux' } }),
      resumed: await makeRun('resumed', { status: 'stopped' }),
      young: await makeRun('young', { status: 'done' }, 0),
    };
    await writeFile(
      path.join(folders.resumed, 'resume.lock'),
      JSON.stringify({ ...thisProcess(), pid: process.ppid, started: undefined }),
    );
    await mkdir(path.join(runsDirectory(root), '.deleted~old', 'samples'), { recursive: true });
    await tidyRuns(root);
    const all = [...kept, ...left].sort();
    assert.deepEqual(await filesOf(folders.done), kept);
    assert.deepEqual(await filesOf(folders.live), all);
    assert.deepEqual(await filesOf(folders.far), all);
    assert.deepEqual(await filesOf(folders.resumed), [...all, 'resume.lock'].sort());
    assert.deepEqual(await filesOf(folders.young), all);
    assert.ok(!(await readdir(runsDirectory(root))).includes('.deleted~old'));
    await removeLeftovers(folders.young);
    assert.deepEqual(await filesOf(folders.young), kept);
  });

  it('is not removed through a link', async function () {
    if (process.platform === 'win32') this.skip();
    const elsewhere = path.join(root, 'elsewhere');
    await mkdir(elsewhere);
    await writeFile(path.join(elsewhere, '.a.0123abcd.tmp'), '');
    await writeFile(path.join(elsewhere, 'weights-1-aaaaaaaa.bin'), '');
    const folder = await makeRun('linked', { status: 'done' });
    await rm(path.join(folder, 'samples'), { recursive: true });
    await symlink(elsewhere, path.join(folder, 'samples'));
    await symlink(elsewhere, path.join(folder, 'checkpoints', 'best'));
    await symlink(elsewhere, path.join(runsDirectory(root), 'run'));
    await symlink(elsewhere, path.join(runsDirectory(root), '.deleted~x'));
    await tidyRuns(root);
    await removeLeftovers(folder);
    assert.equal((await readdir(elsewhere)).length, 2);
  });

  it('a listing of a root without runs makes nothing', async () => {
    await tidyRuns(root);
    assert.deepEqual(await readdir(root), []);
  });
});

describe('the directory of a new run', () => {
  it('is its own: where the id is taken, it gets another one', async () => {
    const root = await mkdtemp(path.join(tmpdir(), 'm2at-test-'));
    const writers: RunWriter[] = [];
    const make = (record: RunRecord): RunWriter => {
      const writer = new RunWriter(root, record, () => undefined);
      writers.push(writer);
      return writer;
    };
    try {
      const record = newRecord({
        id: '2026-01-01-000000-m2at-0000',
        kind: 'train',
        name: 'a',
        source: undefined,
      });
      for (let n = 0; n < 8; n++) make(record);
      await Promise.all(writers.map((writer) => writer.open({ experiment: 1 })));
      const ids = writers.map((writer) => writer.record.id);
      assert.equal(new Set(ids).size, 8);
      assert.deepEqual((await readdir(runsDirectory(root))).sort(), [...ids].sort());
      for (const id of ids) assert.match(id, /^2026-01-01-000000-m2at-[0-9a-f]{4}$/);
      await assert.rejects(make({ ...record, id: 'gone' }).reopen(), /there is no run/);
    } finally {
      for (const writer of writers) writer.close();
      await rm(root, { recursive: true });
    }
  });
});
