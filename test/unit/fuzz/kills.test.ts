import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { killRuns } from '../../fuzz/damage/kill-run';
import { runKinds } from '../../fuzz/damage/tiny-runs';

describe('runs whose processes are killed at random moments', () => {
  for (const kind of runKinds) {
    it(`${kind}: go on to the bits of a run that was never killed`, async function () {
      this.timeout(120_000);
      const folder = await mkdtemp(path.join(tmpdir(), 'm2at-kills-'));
      try {
        const { kills, ended } = await killRuns(folder, kind, 1, 3);
        assert.ok(kills >= 3 && ended >= 1, `${kills} kills, ${ended} runs to their end`);
      } finally {
        await rm(folder, { recursive: true, force: true, maxRetries: 5 });
      }
    });
  }
});
