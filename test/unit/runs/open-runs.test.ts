import assert from 'node:assert/strict';
import { handleWhileOpen, holdOpenRun, onOpenRuns } from '../../../src/core/runs/open-runs';

describe('open runs', () => {
  it('tell when the first begins and the last ends', () => {
    const told: boolean[] = [];
    const stop = onOpenRuns((open) => told.push(open));
    const [first, second] = [holdOpenRun(), holdOpenRun()];
    first();
    first();
    assert.deepEqual(told, [false, true]);
    second();
    stop();
    holdOpenRun()();
    assert.deepEqual(told, [false, true, false]);
  });

  it('are the only time when a signal is handled', () => {
    const count = (): number => process.listenerCount('SIGHUP');
    const before = count();
    handleWhileOpen({ SIGHUP: () => undefined });
    assert.equal(count(), before);
    const letGo = holdOpenRun();
    assert.equal(count(), before + 1);
    letGo();
    assert.equal(count(), before);
  });
});
