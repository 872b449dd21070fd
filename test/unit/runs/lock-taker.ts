import { closeSync, openSync, rmSync } from 'node:fs';
import { setTimeout as wait } from 'node:timers/promises';
import { lockRun } from '../../../src/core/runs/run-lock';

/** Takes and releases a lock again and again, and prints how often, and how often somebody else had it, too. */
async function takeAgainAndAgain(lock: string, milliseconds: number): Promise<void> {
  const inside = `${lock}.inside`;
  const until = performance.now() + milliseconds;
  let takes = 0;
  let twice = 0;
  while (performance.now() < until) {
    const unlock = await lockRun(lock).catch(() => undefined);
    if (unlock) {
      takes++;
      try {
        closeSync(openSync(inside, 'wx'));
        await wait(1);
        rmSync(inside);
      } catch {
        twice++;
      }
      await unlock();
    }
    await wait(3 * Math.random());
  }
  console.log(`${takes} ${twice}`);
}

const [, , lock = '', milliseconds] = process.argv;
void takeAgainAndAgain(lock, Number(milliseconds));
