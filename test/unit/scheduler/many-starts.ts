import assert from 'node:assert/strict';
import path from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { livenessOf } from '../../../src/core/processes/process-liveness';
import { Random } from '../../../src/core/random';
import { FollowedJob } from '../../../src/core/scheduler/follow-job';
import { createJob, readJobState, removeJob } from '../../../src/core/scheduler/job-folder';
import type { JobTask } from '../../../src/core/scheduler/job-requests';
import { startDetached } from '../../../src/core/scheduler/start-detached';
import { expect } from '../../support/expect';

const script = path.join(__dirname, 'worker.js');
/** Longer than such a job takes, ms. */
const LONGEST = 2500;

/** Starts a job many times, and at a random moment stops it, kills it, or leaves it alone: no process is left of any. */
export async function manyStarts(root: string, task: JobTask, count: number): Promise<void> {
  const random = Random.keyed(count, 'many-starts');
  for (let n = 0; n < count; n++) {
    const folder = await createJob({ title: 'one of many', root, task });
    await startDetached(folder, script, { root });
    const listener = { onState: () => undefined, onLine: () => undefined };
    const job = new FollowedJob(folder, listener, true);
    const ended = job.result.then(
      () => undefined,
      () => undefined,
    );
    await Promise.race([ended, wait(random.uniform() * LONGEST)]);
    const how = Math.floor(random.uniform() * 3);
    if (how === 1) await job.send('stop').catch(() => undefined);
    if (how === 2) await job.kill();
    await ended;
    const state = await readJobState(folder);
    assert.ok(state, `start ${n}: its process never said that it is there`);
    await expect(
      `the end of process ${state.process.pid}`,
      () => livenessOf(state.process),
      (liveness) => liveness === 'gone',
    );
    assert.equal(await removeJob(folder), true);
  }
}
