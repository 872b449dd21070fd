import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { M2atError } from '../../../src/core/errors';
import { originOfThisProcess, thisProcess } from '../../../src/core/processes/process-identity';
import type { ProcessIdentity } from '../../../src/core/processes/process-origin';
import { startOf } from '../../../src/core/processes/process-start';
import { resumeJob } from '../../../src/core/jobs/resume-job';
import { resumeAttack } from '../../../src/core/attacking/attack-resume';
import { markStopped } from '../../../src/core/runs/mark-stopped';
import { runRecord, type RunRecord } from '../../../src/core/records/run-files';
import { newRecord } from '../../../src/core/runs/run-lifecycle';
import { lockRun } from '../../../src/core/runs/run-lock';
import { assertOver } from '../../../src/core/runs/run-owner';
import { runDirectory } from '../../../src/core/records/run-paths';
import { deleteRun, listRuns, readRecord } from '../../../src/core/runs/run-store';

const elsewhere = { host: 'far-away', boot: '00000000-0000-0000-0000-000000000000' };

describe('whose a run is', () => {
  let root: string;
  let child: ChildProcess;
  /** Of the child. */
  let origin: NonNullable<RunRecord['owner']>;
  let pid: number;

  before(async () => {
    child = spawn(process.execPath, ['-e', 'process.stdin.resume(); process.stdout.write("x")']);
    assert.ok(child.stdout && child.pid !== undefined);
    await once(child.stdout, 'data');
    ({ pid } = child);
    origin = { ...originOfThisProcess(), started: await startOf(pid) };
  });
  after(() => child.kill('SIGKILL'));
  beforeEach(async () => {
    root = await mkdtemp(path.join(tmpdir(), 'm2at-test-'));
  });
  afterEach(() => rm(root, { recursive: true }));

  const fileOf = (id: string): string => path.join(runDirectory(root, id), 'run.json');

  async function makeRun(
    id: string,
    owner: RunRecord['owner'],
    status: RunRecord['status'] = 'running',
  ): Promise<void> {
    const record = { ...newRecord({ id, kind: 'train', name: id, source: undefined }), status, pid };
    await mkdir(runDirectory(root, id), { recursive: true });
    await writeFile(fileOf(id), JSON.stringify({ ...record, owner }));
    await writeFile(path.join(runDirectory(root, id), 'experiment.json'), '{}');
  }

  it('a new record says where and when its process began', () => {
    const record = newRecord({ id: 'a', kind: 'train', name: 'a', source: undefined });
    assert.deepEqual([record.pid, record.owner], [process.pid, originOfThisProcess()]);
    assert.deepEqual(runRecord.parse(JSON.parse(JSON.stringify(record))), record);
  });

  it('a process that is alive keeps its run; another one with its id, or of another boot, does not', async () => {
    await makeRun('alive', origin);
    await makeRun('another', { ...origin, started: '1' });
    if (origin.boot !== undefined) await makeRun('restarted', { ...origin, boot: elsewhere.boot });
    const records = new Map((await listRuns(root)).map((record) => [record.id, record]));
    assert.equal(records.get('alive')?.status, 'running');
    await assert.rejects(deleteRun(root, 'alive'), /is still going on.*process \d+/s);
    for (const id of [...records.keys()].filter((one) => one !== 'alive')) {
      const record = records.get(id);
      assert.equal(record?.status, 'failed', id);
      assert.match(record.message ?? '', /its process ended before the first checkpoint/);
      assert.deepEqual([record.pid, record.owner], [undefined, undefined]);
      await deleteRun(root, id);
    }
  });

  it('says that it can not tell, and what to do, for a run of another machine', async () => {
    await makeRun('far', { ...origin, ...elsewhere });
    const record = await readRecord(root, 'far');
    assert.equal(record.status, 'running');
    assert.match(
      record.message ?? '',
      /can't be told whether it still goes on.*far-away.*m2at runs --mark-stopped far/s,
    );
    for (const attempt of [() => deleteRun(root, 'far'), () => assertOver(fileOf('far'), record)]) {
      await assert.rejects(
        attempt,
        (error) =>
          error instanceof M2atError &&
          error.code === 'bad-input' &&
          /can't be told.*far-away.*--mark-stopped far/s.test(error.message),
      );
    }
    await writeFile(
      path.join(runDirectory(root, 'far'), 'resume.lock'),
      JSON.stringify({ ...origin, ...elsewhere, pid }),
    );
    const stopped = await markStopped(root, 'far');
    assert.deepEqual([stopped.status, stopped.pid, stopped.owner], ['failed', undefined, undefined]);
    assert.deepEqual(await readRecord(root, 'far'), stopped);
    assert.deepEqual((await readdir(runDirectory(root, 'far'))).sort(), ['experiment.json', 'run.json']);
    await assert.rejects(markStopped(root, 'far'), /is failed already/);
    await deleteRun(root, 'far');
  });

  it('does not take the word of the user for a process that it sees', async () => {
    await makeRun('alive', origin);
    await assert.rejects(markStopped(root, 'alive'), /is still going on/);
    assert.equal((await readRecord(root, 'alive')).status, 'running');
    await makeRun('over', undefined, 'done');
    await writeFile(path.join(runDirectory(root, 'over'), 'resume.lock'), JSON.stringify({ ...origin, pid }));
    await assert.rejects(markStopped(root, 'over'), /is done already/);
  });

  it('shows a run that was killed before it began as that, and does not resume it', async () => {
    const resumes = {
      train: (id: string) =>
        resumeJob({ root, id, signal: new AbortController().signal, onEvent: () => undefined }),
      attack: (id: string) =>
        resumeAttack({ root, id, signal: new AbortController().signal, onEvent: () => undefined }),
    };
    const gone = { ...origin, started: '1' };
    const dead = {
      ...newRecord({ id: 'x', kind: 'attack', name: 'x', source: undefined }),
      pid,
      owner: gone,
    };
    for (const [id, files] of [
      ['2026-01-01-000000-m2at-0000', {}],
      ['2026-01-01-000000-m2at-0001', { '.experiment.json.0123abcd.tmp': '{' }],
      ['2026-01-01-000000-m2at-0002', { 'experiment.json': '{}', '.run.json.0123abcd.tmp': '' }],
      ['2026-01-01-000000-attack-0000', {}],
      ['2026-01-01-000000-attack-0001', { 'run.json': JSON.stringify(dead), 'log.txt': '' }],
    ] as const) {
      const folder = runDirectory(root, id);
      await mkdir(folder, { recursive: true });
      for (const [name, content] of Object.entries(files)) await writeFile(path.join(folder, name), content);
      const { status, message } = await readRecord(root, id);
      assert.equal(status, 'failed');
      assert.equal(message, 'Interrupted before it began: nothing was computed. Delete it.', id);
      const resume = resumes[id.includes('attack') ? 'attack' : 'train'];
      await assert.rejects(resume(id), /was interrupted before it began: nothing was computed.*Delete it/s);
      assert.deepEqual((await readdir(folder)).sort(), Object.keys(files).sort());
      await deleteRun(root, id);
    }
    // A record that is missing where something was computed is damage.
    const folder = runDirectory(root, 'lost');
    await mkdir(path.join(folder, 'checkpoints'), { recursive: true });
    assert.equal((await readRecord(root, 'lost')).message, 'run.json is missing.');
  });

  it('a lock: of a live process, of another one with its id, of another machine, and of nobody', async () => {
    const file = path.join(root, 'resume.lock');
    const write = (content: object): Promise<void> => writeFile(file, JSON.stringify(content));
    await write({ ...origin, pid });
    await assert.rejects(lockRun(file), /being resumed already/);
    const gone: ProcessIdentity[] = [
      { ...origin, pid, started: '1' },
      { ...thisProcess(), started: '1' },
    ];
    if (origin.boot !== undefined) gone.push({ ...origin, pid, boot: elsewhere.boot });
    for (const other of gone) {
      await write(other);
      const unlock = await lockRun(file);
      assert.deepEqual(JSON.parse(await readFile(file, 'utf8')), thisProcess());
      await unlock();
      assert.deepEqual(await readdir(root), []);
    }
    await write({ ...origin, ...elsewhere, pid });
    const unclear = new RegExp(`resume\\.lock.*can't be told.*far-away.*remove this file`, 's');
    await assert.rejects(lockRun(file), unclear);
    // Damage, which is no process that was killed before it wrote a word.
    await writeFile(file, '{"pid":');
    await utimes(file, 0, 0);
    await assert.rejects(lockRun(file), /can't be told.*does not say whose.*remove this file/s);
    assert.deepEqual(await readdir(root), ['resume.lock']);
  });

  it('what takes over a lock of another machine leaves its guard alone, too', async () => {
    const file = path.join(root, 'resume.lock');
    await writeFile(file, JSON.stringify({ ...origin, pid, started: '1' }));
    await writeFile(`${file}.takeover`, JSON.stringify({ ...origin, ...elsewhere, pid }));
    await assert.rejects(lockRun(file), /resume\.lock\.takeover.*can't be told/s);
  });

  it('releases its own lock only', async () => {
    const file = path.join(root, 'resume.lock');
    const unlock = await lockRun(file);
    await writeFile(file, JSON.stringify({ ...origin, pid }));
    await unlock();
    assert.deepEqual(await readdir(root), ['resume.lock']);
  });
});
