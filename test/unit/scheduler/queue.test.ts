import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { Random } from '../../../src/core/random';
import { listRuns } from '../../../src/core/runs/run-store';
import { FollowedJob } from '../../../src/core/scheduler/follow-job';
import type { JobState } from '../../../src/core/scheduler/job-files';
import { createJob, listJobFolders, readJobState } from '../../../src/core/scheduler/job-folder';
import type { JobTask } from '../../../src/core/scheduler/job-requests';
import { moveInQueue, removeFromQueue, setRunsPerDevice, showQueue } from '../../../src/core/scheduler/queue';
import { queuePath } from '../../../src/core/scheduler/queue-file';
import { startDue } from '../../../src/core/scheduler/start-due';
import { endOf } from '../../support/child-lines';
import { expect } from '../../support/expect';
import { writeArrays, writeOnnxModel } from '../../support/tiny-models';
import { requested } from '../attacks/named';

const script = path.join(__dirname, 'worker.js');

/** Real workers, and a folder of jobs of its own: the queue is that of the whole machine. */
describe('the queue', function () {
  this.timeout(110_000);
  const { M2AT_STATE } = process.env;
  let root = '';
  const followed: FollowedJob[] = [];
  beforeEach(async () => {
    root = await mkdtemp(path.join(tmpdir(), 'm2at-queue-'));
    process.env.M2AT_STATE = path.join(root, 'state');
  });
  afterEach(async () => {
    for (const job of followed.splice(0)) {
      await job.kill().catch(() => undefined);
      job.dispose();
    }
    if (M2AT_STATE === undefined) delete process.env.M2AT_STATE;
    else process.env.M2AT_STATE = M2AT_STATE;
    await rm(root, { recursive: true, force: true, maxRetries: 10 });
  });

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

  /** @param steps of its attack: 2 are over at once, 10,000 never */
  async function queued(title: string, steps: number): Promise<FollowedJob> {
    const task = await attackTask(steps);
    const folder = await createJob({ title, root, task, queued: true, device: 'onnx-cpu' });
    const job = new FollowedJob(folder, { onState: () => undefined, onLine: () => undefined }, true);
    followed.push(job);
    return job;
  }

  const idOf = ({ folder }: FollowedJob): string => path.basename(folder);

  async function titles(): Promise<{ active: string[]; waiting: string[] }> {
    const { active, waiting } = await showQueue();
    return {
      active: active.map(({ record }) => record.title),
      waiting: waiting.map(({ record }) => record.title),
    };
  }

  function stateOf({ folder }: FollowedJob): Promise<JobState> {
    return expect(
      'its process',
      () => readJobState(folder),
      (state) => state !== undefined,
    ).then((state) => {
      assert.ok(state);
      return state;
    });
  }

  it('has one run a device compute, and whoever ends starts the next one', async () => {
    const first = await queued('first', 10_000);
    const second = await queued('second', 2);
    const third = await queued('third', 2);
    await startDue(script);
    assert.deepEqual(await titles(), { active: ['first'], waiting: ['second', 'third'] });
    // Nobody but the processes of the jobs does anything from here on.
    await moveInQueue(idOf(third), 'up');
    await first.send('stop');
    await first.result.catch(() => undefined);
    const [two, three] = await Promise.all([second.result, third.result]);
    assert.deepEqual([two.ended?.error, three.ended?.error], [undefined, undefined]);
    const began = (await listRuns(root)).map(({ id }) => id).reverse();
    assert.deepEqual(began, [...(await stateOf(first)).runs, ...three.runs, ...two.runs]);
    assert.deepEqual(await titles(), { active: [], waiting: [] });
  });

  it('is put in order, left, and passed', async () => {
    const first = await queued('first', 10_000);
    await startDue(script);
    const [a, b, c] = [await queued('a', 10_000), await queued('b', 2), await queued('c', 2)];
    await moveInQueue(idOf(c), 'first');
    await moveInQueue(idOf(a), 'down');
    assert.deepEqual((await titles()).waiting, ['c', 'b', 'a']);
    await moveInQueue(idOf(a), { before: idOf(c) });
    await moveInQueue(idOf(c), 'last');
    assert.deepEqual((await titles()).waiting, ['a', 'b', 'c']);
    await moveInQueue(idOf(a), 'up');
    assert.deepEqual((await titles()).waiting, ['a', 'b', 'c']);

    await removeFromQueue(idOf(b));
    await assert.rejects(b.result, /removed from those that wait/);
    await assert.rejects(removeFromQueue(idOf(b)), /nothing of this name waits/);
    await assert.rejects(removeFromQueue(idOf(first)), /nothing of this name waits/);
    await assert.rejects(moveInQueue(idOf(first), 'up'), /nothing of this name waits/);

    await startDue(script, { now: idOf(c) });
    await c.result;
    assert.deepEqual(await titles(), { active: ['first'], waiting: ['a'] });
    await assert.rejects(startDue(script, { now: idOf(c) }), /nothing of this name waits/);
    await setRunsPerDevice(2);
    await startDue(script);
    assert.deepEqual(await titles(), { active: ['first', 'a'], waiting: [] });
    await assert.rejects(setRunsPerDevice(0), /no number of runs per device/);
  });

  it('goes on when a run is paused, and leaves a damaged file aside', async () => {
    const first = await queued('first', 10_000);
    const second = await queued('second', 10_000);
    await startDue(script);
    await expect(
      'its first run',
      () => readJobState(first.folder),
      (state) => state?.runs.length === 1,
    );
    await first.send('pause');
    await stateOf(second);
    await writeFile(queuePath('json'), '{"version":1,"order":[');
    const third = await queued('third', 2);
    assert.deepEqual((await titles()).waiting, ['third']);
    await second.send('stop');
    await third.result;
    assert.equal((await readJobState(first.folder))?.paused, true);
  });

  it('is gone on with when the process is killed that was about to start the next one', async () => {
    const first = await queued('first', 10_000);
    const second = await queued('second', 2);
    await startDue(script);
    // It would have started the next one at its end.
    assert.equal(await first.kill(), true);
    await first.result.catch(() => undefined);
    assert.deepEqual(await titles(), { active: [], waiting: ['second'] });
    await startDue(script);
    assert.equal((await second.result).ended?.error, undefined);
  });

  it('starts each job once, wherever those that start them are killed', async () => {
    const jobs: FollowedJob[] = [];
    for (let n = 0; n < 4; n++) jobs.push(await queued(`job ${n}`, 2));
    const random = Random.keyed(4, 'killed-starters');
    // The command line starts what is due, and is killed before, in the midst of and after it.
    for (let n = 0; n < 6; n++) {
      const child = spawn(process.execPath, [path.join(__dirname, 'cli.js'), 'queue'], { stdio: 'ignore' });
      const end = endOf(child);
      await Promise.race([end, wait(1500 * random.uniform())]);
      child.kill('SIGKILL');
      await end;
    }
    await startDue(script);
    for (const job of jobs) assert.equal((await job.result).runs.length, 1);
    assert.deepEqual(
      (await listRuns(root)).map(({ status }) => status),
      ['done', 'done', 'done', 'done'],
    );
    assert.equal((await listJobFolders()).length, 4);
  });
});
