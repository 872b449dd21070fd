import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { lineOf } from '../../support/child-lines';

describe('a lock', () => {
  it('is had by one process at a time, however many take and release it at once', async function () {
    this.timeout(30_000);
    const folder = await mkdtemp(path.join(tmpdir(), 'm2at-lock-'));
    try {
      const taker = path.join(__dirname, 'lock-taker.js');
      const counts = await Promise.all(
        [1, 2, 3, 4].map(async () => {
          const child = spawn(process.execPath, [taker, path.join(folder, 'a.lock'), '2500'], {
            stdio: ['ignore', 'pipe', 'inherit'],
          });
          const [, takes, twice] = await lineOf(child.stdout, /^(\d+) (\d+)$/);
          return { takes: Number(takes), twice: Number(twice) };
        }),
      );
      for (const { takes, twice } of counts) assert.ok(takes > 5 && twice === 0, JSON.stringify(counts));
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });
});
