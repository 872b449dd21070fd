import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { thisProcess } from '../../../src/core/processes/process-identity';
import { describeUnknown, livenessOf } from '../../../src/core/processes/process-liveness';
import type { ProcessIdentity } from '../../../src/core/processes/process-origin';
import { startInStat, startOf } from '../../../src/core/processes/process-start';

/** A process that waits, and what a record of it would say. */
async function otherProcess(): Promise<{ child: ChildProcess; identity: ProcessIdentity }> {
  const child = spawn(process.execPath, ['-e', 'process.stdin.resume(); process.stdout.write("x")']);
  await once(child.stdout, 'data');
  const started = await startOf(child.pid ?? 0);
  assert.ok(child.pid !== undefined && started !== undefined);
  return { child, identity: { ...thisProcess(), pid: child.pid, started } };
}

/** A time, or a number of ticks, that is clearly another one. */
function later(started = ''): string {
  return /^\d+$/.test(started)
    ? String(Number(started) + 1)
    : new Date(Date.parse(started) + 60_000).toISOString();
}

describe('whether a process is alive', () => {
  it('this one is, and another program that has its id since is not it', async () => {
    const own = thisProcess();
    assert.equal(await livenessOf(own), 'alive');
    assert.equal(await livenessOf({ ...own, started: later(own.started) }), 'gone');
    assert.equal(await livenessOf({ ...own, started: undefined }), 'unknown');
  });

  it('another one is until it ends; another with its id is not it', async () => {
    const { child, identity } = await otherProcess();
    assert.equal(await livenessOf(identity), 'alive');
    assert.equal(await livenessOf({ ...identity, started: later(identity.started) }), 'gone');
    child.kill('SIGKILL');
    await once(child, 'exit');
    assert.equal(await livenessOf(identity), 'gone');
  });

  it('one that ended before the machine was started anew is gone, whoever has its id now', async () => {
    const own = { ...thisProcess(), boot: 'this boot' };
    assert.equal(await livenessOf({ ...own, boot: 'another boot' }, own), 'gone');
  });

  it('one of another machine, container or system can not be asked', async () => {
    const own: ProcessIdentity = { ...thisProcess(), boot: 'a', namespace: 'pid:[1]' };
    for (const [changes, why] of [
      [{ host: 'elsewhere', boot: 'b' }, /is on elsewhere/],
      [{ host: 'elsewhere', boot: undefined }, /is on elsewhere/],
      [{ namespace: 'pid:[2]' }, /in another container/],
      [{ host: 'elsewhere', namespace: 'pid:[2]' }, /in another container/],
      [{ system: 'plan9' }, /another container or system/],
    ] as const) {
      const other = { ...own, ...changes };
      assert.equal(await livenessOf(other, own), 'unknown', JSON.stringify(changes));
      assert.match(describeUnknown(other, own), why);
    }
    // The same machine by another name.
    assert.equal(await livenessOf({ ...own, host: 'renamed' }, own), 'alive');
  });

  it('reads when a process began, whatever its name is, and whether its parent has yet to hear of its end', () => {
    const fields = `S 1 1 1 0 -1 4194304 ${'0 '.repeat(12)}4711 1 2 3`;
    assert.equal(startInStat(`12 (node) ${fields}`), '4711');
    assert.equal(startInStat(`12 (a) S 1 (b) ${fields}`), '4711');
    assert.equal(startInStat(`12 (node) ${fields.replace('S', 'Z')}`), 'dead');
    assert.equal(startInStat(''), undefined);
  });

  it('asks ps where there is no /proc', async function () {
    if (process.platform === 'win32') this.skip();
    const { child } = await otherProcess();
    const started = await startOf(child.pid ?? 0, 'darwin');
    child.kill('SIGKILL');
    // Where ps is missing, nobody knows.
    if (started === undefined) this.skip();
    assert.ok(Math.abs(Date.parse(started) - Date.now()) < 30_000, started);
  });
});
