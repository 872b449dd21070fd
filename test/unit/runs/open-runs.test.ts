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
    const signal = 'SIGUSR2';
    const count = (): number => process.listenerCount(signal);
    const stop = handleWhileOpen({ [signal]: () => undefined });
    assert.equal(count(), 0);
    const letGo = holdOpenRun();
    assert.equal(count(), 1);
    letGo();
    assert.equal(count(), 0);
    const letGoAgain = holdOpenRun();
    assert.equal(count(), 1);
    stop();
    assert.equal(count(), 0);
    letGoAgain();
    assert.equal(count(), 0);
  });
});
