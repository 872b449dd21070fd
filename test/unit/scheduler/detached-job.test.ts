import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createMessageConnection, SocketMessageReader, SocketMessageWriter } from 'vscode-jsonrpc/node';
import { livenessOf } from '../../../src/core/processes/process-liveness';
import { originOfThisProcess } from '../../../src/core/processes/process-identity';
import { runFile } from '../../../src/core/records/run-paths';
import { readRun, runDirectory } from '../../../src/core/runs/run-store';
import { commandRun } from '../../../src/core/scheduler/command-run';
import { ControlClient } from '../../../src/core/scheduler/control-client';
import { commandRequests } from '../../../src/core/scheduler/control-messages';
import { FollowedJob, JobInterrupted } from '../../../src/core/scheduler/follow-job';
import { jobFile, type JobState } from '../../../src/core/scheduler/job-files';
import { createJob, listJobFolders, readJobState, removeJob } from '../../../src/core/scheduler/job-folder';
import type { JobTask } from '../../../src/core/scheduler/job-requests';
import { signalJob } from '../../../src/core/scheduler/signal-job';
import { startDetached } from '../../../src/core/scheduler/start-detached';
import { startDue } from '../../../src/core/scheduler/start-due';
import { tidyJobs } from '../../../src/core/scheduler/tidy-jobs';
import { expect } from '../../support/expect';
import { endOf, lineOf } from '../../support/child-lines';
import { writeArrays, writeOnnxModel } from '../../support/tiny-models';
import { changeRecord } from '../../support/run-json';
import { requested } from '../attacks/named';
import { manyStarts } from './many-starts';

const script = path.join(__dirname, 'worker.js');

/** Real workers, started as the extension starts them. */
describe('a job in a process of its own', function () {
  this.timeout(60_000);
  let root = '';
  let task: JobTask;
  const followed: FollowedJob[] = [];
  beforeEach(async () => {
    root = await mkdtemp(path.join(tmpdir(), 'm2at-job-'));
    task = await attackTask(20);
  });
  afterEach(async () => {
    for (const job of followed.splice(0)) {
      await job.kill().catch(() => undefined);
      job.dispose();
    }
    for (const folder of await listJobFolders()) await removeJob(folder);
    await rm(root, { recursive: true, force: true });
  });

  /** @param steps of each of 40 restarts */
  async function attackTask(steps: number): Promise<JobTask> {
    return {
      kind: 'attack',
      request: {
        root,
        checkpoint: await writeOnnxModel(path.join(root, 'colours.onnx')),
        attacks: [requested({ name: 'pgd', epsilon: 0.01, steps, restarts: 40 })],
        ...{ arrays: await writeArrays(root, 192), seed: 0, device: 'onnx-cpu', threads: 1 },
      },
    };
  }

  /** A job, and each state of it. */
  class Started {
    readonly states: JobState[] = [];
    readonly lines: string[] = [];
    private readonly waiting = new Set<() => void>();
    readonly job: FollowedJob;

    constructor(folder: string, isOwn = false) {
      const onState = (state: JobState): void => {
        this.states.push(state);
        for (const look of this.waiting) look();
      };
      const onLine = ({ text }: { readonly text: string }): void => {
        this.lines.push(text);
        for (const look of this.waiting) look();
      };
      this.job = new FollowedJob(folder, { onState, onLine }, isOwn);
      followed.push(this.job);
    }

    when(condition: (state: JobState | undefined, lines: readonly string[]) => boolean): Promise<JobState> {
      return new Promise((resolve, reject) => {
        const look = (): void => {
          const state = this.states.at(-1);
          if (!condition(state, this.lines) || !state) return;
          this.waiting.delete(look);
          resolve(state);
        };
        this.waiting.add(look);
        this.job.result.then(look, reject);
        look();
      });
    }
  }

  async function start(what = task): Promise<Started> {
    const folder = await createJob({ title: 'attack', root, task: what });
    await startDetached(folder, script, { root });
    return new Started(folder, true);
  }

  const isAttacking = (_: unknown, lines: readonly string[]): boolean =>
    lines.some((line) => line.startsWith('Attacking'));

  /** What an attack came to. */
  async function reportOf(id = ''): Promise<unknown> {
    const { report, record } = await readRun(root, id);
    assert.equal(record.status, 'done');
    return report?.attacks.map(({ images }) => images);
  }

  it('does its work, and says what it came to', async () => {
    const { job, lines } = await start();
    const { runs, ended, refused } = await job.result;
    assert.deepEqual([runs.length, ended?.error, refused], [1, undefined, undefined]);
    assert.ok(await reportOf(runs[0]));
    assert.ok(
      lines.some((line) => line.endsWith('is done')),
      lines.join('\n'),
    );
  });

  it('outlives whoever started it, and is stopped, paused and gone on with to the same numbers', async () => {
    const undisturbed = await reportOf((await (await start()).job.result).runs[0]);

    // A process that starts the job as a window does, and is killed.
    const folder = await createJob({ title: 'attack', root, task });
    const code = `
      const { spawn } = require('node:child_process');
      const child = spawn(process.execPath, ${JSON.stringify([script, '--job', path.basename(folder)])}, { detached: true, stdio: 'ignore' });
      child.once('spawn', () => console.log('started'));
      setInterval(() => undefined, 1000);`;
    const window = spawn(process.execPath, ['-e', code], { stdio: ['ignore', 'pipe', 'ignore'] });
    const end = endOf(window);
    await lineOf(window.stdout, /started/);
    window.kill('SIGKILL');
    await end;

    const started = new Started(folder);
    await started.when((state) => state?.runs.length === 1);
    await started.job.send('pause');
    const { runs } = await started.when((state) => state?.paused === true);
    const [id = ''] = runs;
    await started.job.send('resume');
    await started.when((state) => state?.paused === false);
    await started.job.send('stop');
    await started.job.result.catch((error: unknown) => {
      assert.match(String(error), /Cancelled/);
    });
    const stopped = (await readRun(root, id)).record;
    if (stopped.status !== 'done') {
      assert.equal(stopped.status, 'stopped');
      await (
        await start({ kind: 'resume', request: { root, run: id, kind: 'attack' } })
      ).job.result;
    }
    assert.deepEqual(await reportOf(id), undisturbed);
  });

  it('leaves the device while it is paused, and saves what it has', async () => {
    const started = await start(await attackTask(2000));
    await started.when(isAttacking);
    await started.job.send('pause');
    const { runs } = await started.when((state) => state?.paused === true);
    // The record says so once the batch at hand is done.
    await started.when((_, lines) => lines.some((line) => line.includes('is stopped')));
    assert.equal((await readRun(root, runs[0] ?? '')).record.status, 'stopped');
    const { process: before } = await started.when((state) => state?.paused === true);
    // It waits for as long as nobody says anything: the heartbeat says that it is there.
    const heard = (await stat(path.join(started.job.folder, jobFile.state))).mtimeMs;
    await expect(
      'two heartbeats later',
      async () => (await stat(path.join(started.job.folder, jobFile.state))).mtimeMs,
      (now) => now - heard > 2000,
    );
    await started.job.send('resume');
    const isAgain = (_: unknown, lines: readonly string[]): boolean =>
      lines.filter((line) => line.startsWith('Attacking')).length === 2;
    assert.deepEqual((await started.when(isAgain)).process, before);
    await started.job.send('stop');
    await started.job.result.catch(() => undefined);
    assert.equal((await readRun(root, runs[0] ?? '')).record.status, 'stopped');
  });

  it('obeys those alone who know its token', async () => {
    const started = await start(await attackTask(2000));
    const state = await started.when((one) => one?.socket !== undefined);
    await assert.rejects(ControlClient.connect({ ...state, token: '0'.repeat(32) }), /token|gone away/);
    const socket = connect(state.socket ?? '');
    socket.on('error', () => undefined);
    const connection = createMessageConnection(
      new SocketMessageReader(socket),
      new SocketMessageWriter(socket),
    );
    socket.once('close', () => {
      connection.dispose();
    });
    connection.listen();
    await assert.rejects(connection.sendRequest(commandRequests.stop));
    assert.equal((await readJobState(started.job.folder))?.stopping, undefined);
    await started.job.send('stop');
    await started.job.result.catch(() => undefined);
    assert.equal((await readJobState(started.job.folder))?.stopping, true);
  });

  it('is told what to do by a file where nobody can connect, and believes no other', async () => {
    const started = await start(await attackTask(2000));
    await started.when(isAttacking);
    const { runs, token } = await started.when((state) => state?.runs.length === 1);
    const [id = ''] = runs;
    const file = path.join(runDirectory(root, id), runFile.control);
    await writeFile(file, JSON.stringify({ token: '0'.repeat(32), command: 'stop' }));
    const isThere = (): Promise<boolean> =>
      stat(file).then(
        () => true,
        () => false,
      );
    await expect('it is read', isThere, (there) => !there);
    assert.equal((await readJobState(started.job.folder))?.stopping, undefined);
    await writeFile(file, JSON.stringify({ token, command: 'stop' }));
    await started.job.result.catch(() => undefined);
    assert.equal((await readRun(root, id)).record.status, 'stopped');
  });

  it('hears of commands for its runs by whoever names them', async () => {
    const started = await start(await attackTask(2000));
    await started.when(isAttacking);
    const [id = ''] = (await started.when((state) => state?.runs.length === 1)).runs;
    const commandLine = spawn(
      process.execPath,
      [path.join(__dirname, 'cli.js'), 'runs', '--pause', id, '--root', root],
      { stdio: ['ignore', 'ignore', 'pipe'] },
    );
    const told = lineOf(commandLine.stderr, /its process has got it/);
    assert.equal((await endOf(commandLine)).code, 0);
    await told;
    await started.when(
      (state, lines) => state?.paused === true && lines.some((line) => line.includes('is stopped')),
    );
    assert.equal(await commandRun(root, id, 'resume'), 'sent');
    await started.when((state) => state?.paused === false);
    assert.equal(await commandRun(root, id, 'stop'), 'sent');
    await started.job.result.catch(() => undefined);
    await assert.rejects(commandRun(root, id, 'stop'), /is stopped already/);

    // The same run, as if it went on elsewhere, or its folder came from somewhere else.
    const folder = runDirectory(root, id);
    const elsewhere = { ...originOfThisProcess(), host: 'elsewhere', boot: 'another' };
    await changeRecord(folder, { status: 'running', pid: 1, owner: elsewhere, token: 'a'.repeat(32) });
    assert.equal(await commandRun(root, id, 'stop'), 'left');
    const left: unknown = JSON.parse(await readFile(path.join(folder, runFile.control), 'utf8'));
    assert.deepEqual(left, { token: 'a'.repeat(32), command: 'stop' });
    await changeRecord(folder, { owner: originOfThisProcess(), pid: process.pid });
    await assert.rejects(
      commandRun(root, id, 'stop'),
      /nothing on this machine says that .* belongs to one of/,
    );
  });

  it('leaves no process behind, however it ends', () => manyStarts(root, task, 5));

  it('is done by one process, however many are started for it', async () => {
    const folder = await createJob({ title: 'attack', root, task });
    await Promise.all([1, 2, 3].map(() => startDetached(folder, script, { root })));
    const { runs } = await new Started(folder, true).job.result;
    assert.equal(runs.length, 1);
  });

  it('that is killed is found out, with what it wrote last', async () => {
    const started = await start(await attackTask(2000));
    await started.when(isAttacking);
    assert.equal(await started.job.kill(), true);
    await assert.rejects(started.job.result, JobInterrupted);
    const state = await readJobState(started.job.folder);
    assert.ok(state);
    assert.equal(await livenessOf(state.process), 'gone');
    assert.equal(await started.job.kill(), false);
  });

  it('is forgotten a month after it ended, and not before', async () => {
    const { job } = await start();
    await job.result;
    const state = path.join(job.folder, jobFile.state);
    const ago = (days: number): Date => new Date(Date.now() - days * 24 * 3_600_000);
    await utimes(state, ago(29), ago(29));
    await tidyJobs();
    assert.deepEqual(await listJobFolders(), [job.folder]);
    await utimes(state, ago(31), ago(31));
    await tidyJobs();
    assert.deepEqual(await listJobFolders(), []);
  });

  it('that can\u2019t begin says why', async () => {
    const { job } = await start({
      kind: 'train',
      request: { root, file: path.join(root, 'none.m2at.json') },
    });
    await assert.rejects(job.result, /none\.m2at\.json/);
    const broken = path.join(root, 'broken.js');
    await writeFile(broken, 'throw new Error("not today")');
    const folder = await createJob({ title: 'attack', root, task, queued: true });
    await startDue(broken);
    await assert.rejects(new Started(folder, true).job.result, /could not begin[^]*not today/);
  });

  it('sends no signal to a process that is something else', async () => {
    const folder = await createJob({ title: 'attack', root, task });
    await startDetached(folder, script, { root });
    const started = new Started(folder, true);
    const state = await started.when((one) => one !== undefined);
    const bystander = spawn(process.execPath, ['-e', 'setInterval(() => undefined, 1000)'], {
      stdio: 'ignore',
    });
    const end = endOf(bystander);
    const other = { ...state, process: { ...state.process, pid: bystander.pid ?? 0 } };
    assert.equal(await signalJob(folder, other, 'SIGKILL'), false);
    // Not even one whose start fits, as it is no worker with this job.
    const stat = await readFile(`/proc/${bystander.pid ?? 0}/stat`, 'latin1').catch(() => '');
    const began = stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
    if (began !== undefined) {
      const fits = { ...other, process: { ...other.process, started: began } };
      assert.equal(await livenessOf(fits.process), 'alive');
      assert.equal(await signalJob(folder, fits, 'SIGKILL'), false);
    }
    bystander.kill();
    assert.equal((await end).signal, 'SIGTERM');
    await started.job.send('stop');
    await started.job.result.catch(() => undefined);
  });
});
