import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { FollowedJob } from '../../../src/core/scheduler/follow-job';
import { createJob, readJobState } from '../../../src/core/scheduler/job-folder';
import type { JobTask } from '../../../src/core/scheduler/job-requests';
import { startDetached } from '../../../src/core/scheduler/start-detached';
import { expect } from '../../support/expect';
import { writeArrays, writeOnnxModel } from '../../support/tiny-models';
import { requested } from '../attacks/named';
import { manyStarts } from './many-starts';

describe('jobs in processes of their own', function () {
  this.timeout(1_800_000);
  const { M2AT_STATE } = process.env;
  let root = '';
  let task: JobTask;
  before(async () => {
    root = await mkdtemp(path.join(tmpdir(), 'm2at-jobs-'));
    process.env.M2AT_STATE = path.join(root, 'state');
    task = {
      kind: 'attack',
      request: {
        root,
        checkpoint: await writeOnnxModel(path.join(root, 'colours.onnx')),
        attacks: [requested({ name: 'pgd', epsilon: 0.01, steps: 20, restarts: 40 })],
        ...{ arrays: await writeArrays(root, 192), seed: 0, device: 'onnx-cpu', threads: 1 },
      },
    };
  });
  after(async () => {
    if (M2AT_STATE === undefined) delete process.env.M2AT_STATE;
    else process.env.M2AT_STATE = M2AT_STATE;
    await rm(root, { recursive: true, force: true, maxRetries: 5 });
  });

  it('a hundred starts leave no process behind', () => manyStarts(root, task, 100));

  it('one that is to stop when nobody looks does so after a minute without a viewer', async () => {
    assert.equal(task.kind, 'attack');
    const attacks = [requested({ name: 'pgd', epsilon: 0.01, steps: 10_000, restarts: 100 })];
    const long: JobTask = { ...task, request: { ...task.request, attacks } };
    for (const alone of ['continue', 'stop'] as const) {
      const folder = await createJob({ title: alone, root, task: long, alone });
      await startDetached(folder, path.join(__dirname, 'worker.js'), { root });
      await expect(
        'its process',
        () => readJobState(folder),
        (state) => state !== undefined,
      );
      const began = performance.now();
      if (alone === 'stop') {
        await expect(
          'its end',
          () => readJobState(folder),
          (state) => state?.ended !== undefined,
        );
        assert.ok(performance.now() - began > 50_000);
        continue;
      }
      await expect(
        'a minute and a quarter',
        () => Promise.resolve(performance.now() - began),
        (age) => age > 75_000,
      );
      assert.equal((await readJobState(folder))?.ended, undefined);
      const job = new FollowedJob(folder, { onState: () => undefined, onLine: () => undefined });
      await expect(
        'a stop',
        () =>
          job.send('stop').then(
            () => true,
            () => false,
          ),
        Boolean,
      );
      await job.result.catch(() => undefined);
    }
  });
});
