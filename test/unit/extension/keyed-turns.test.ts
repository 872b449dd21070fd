import assert from 'node:assert/strict';
import { setTimeout as delay } from 'node:timers/promises';
import { KeyedTurns } from '../../../src/extension/views/keyed-turns';

describe('KeyedTurns', () => {
  it('lets only the first of two opens at once make a panel', async () => {
    const turns = new KeyedTurns();
    const panels = new Set<string>();
    let made = 0;
    const open = (run: string): Promise<void> =>
      turns.take(run, async () => {
        if (panels.has(run)) return;
        await delay(5);
        panels.add(run);
        made++;
      });
    await Promise.all([open('a'), open('a'), open('b'), open('a')]);
    assert.equal(made, 2);
  });

  it('does not let one key wait for another, and goes on after a job that failed', async () => {
    const turns = new KeyedTurns();
    const order: string[] = [];
    const job = (name: string, ms: number) => async () => {
      await delay(ms);
      order.push(name);
    };
    const failed = turns.take('a', async () => {
      await job('fails', 20)();
      throw new Error('not there');
    });
    const rest = [turns.take('a', job('after it', 0)), turns.take('b', job('other', 0))];
    await assert.rejects(failed, /not there/);
    await Promise.all(rest);
    assert.deepEqual(order, ['other', 'fails', 'after it']);
  });
});
