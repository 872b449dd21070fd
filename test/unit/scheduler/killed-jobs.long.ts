import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { runKinds } from '../../fuzz/damage/tiny-runs';
import { killJobs } from './kill-jobs';

const KILLS = 50;

describe('jobs whose processes are killed at random moments and writes, many times', function () {
  this.timeout(1_800_000);
  const { M2AT_STATE } = process.env;
  let folder = '';
  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'm2at-killed-jobs-'));
    process.env.M2AT_STATE = path.join(folder, 'state');
  });
  afterEach(async () => {
    if (M2AT_STATE === undefined) delete process.env.M2AT_STATE;
    else process.env.M2AT_STATE = M2AT_STATE;
    await rm(folder, { recursive: true, force: true, maxRetries: 5 });
  });

  for (const kind of runKinds) {
    it(`${kind}: are gone on with by others, to the bits of a run that was never killed`, async () => {
      const { kills, ended } = await killJobs(folder, kind, KILLS);
      assert.ok(kills >= KILLS && ended >= 1, `${kills} kills, ${ended} runs to their end`);
    });
  }
});
