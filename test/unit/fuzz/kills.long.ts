import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { killRuns } from '../../fuzz/damage/kill-run';
import { runKinds } from '../../fuzz/damage/tiny-runs';

const KILLS = 60;

describe('runs whose processes are killed at random moments, many times', () => {
  for (const kind of runKinds) {
    it(`${kind}: go on to the bits of a run that was never killed`, async function () {
      this.timeout(3_600_000);
      const folder = await mkdtemp(path.join(tmpdir(), 'm2at-kills-'));
      try {
        const { kills, ended, refused } = await killRuns(folder, kind, 2, KILLS);
        console.log(`      ${kills} kills, ${ended} runs to their end, ${refused} refused`);
        assert.ok(ended >= KILLS / 10);
      } finally {
        await rm(folder, { recursive: true, force: true, maxRetries: 5 });
      }
    });
  }
});
