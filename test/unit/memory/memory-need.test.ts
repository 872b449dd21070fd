import assert from 'node:assert/strict';
import { largestBatch, memoryLine, type MemoryNeed } from '../../../src/core/memory/memory-need';

describe('the largest batch that fits', () => {
  const free = { bytes: 1000, bound: 'this machine' } as const;
  const largest = async (bytesOf: (batch: number) => number, asked: number, step: number) => {
    const tried: number[] = [];
    const needOf = (batch: number): Promise<MemoryNeed> => {
      tried.push(batch);
      return Promise.resolve({ now: 5, more: bytesOf(batch) });
    };
    const need = { now: 5, more: bytesOf(asked) };
    return { found: await largestBatch(needOf, { batch: asked, need }, free, step), tried };
  };

  it('is found in a few tries where memory grows in proportion', async () => {
    for (const [each, fixed, step] of [
      [10, 100, 1],
      [3, 20, 4],
      [1.7, 333, 8],
      [90, 0, 4],
    ] as const) {
      const { found = 0, tried } = await largest((batch) => fixed + each * batch, 1024, step);
      const most = (free.bytes - fixed) / each;
      assert.ok(found <= most && found > 0.85 * most - step && found % step === 0, `${found} of ${most}`);
      assert.ok(tried.length <= 8, tried.join());
    }
  });

  it('fits where memory jumps', async () => {
    const jump = (batch: number): number => (batch > 40 ? 2000 : 9 * batch);
    const { found = 0 } = await largest(jump, 128, 4);
    assert.ok(jump(found) <= free.bytes && found >= 32, String(found));
  });

  it('is none where not even the smallest does', async () => {
    assert.equal((await largest(() => 1001, 64, 4)).found, undefined);
    assert.equal((await largest((batch) => 400 * batch, 4, 4)).found, undefined);
    assert.equal((await largest((batch) => 400 * batch, 4, 1)).found, 2);
  });
});

describe('the line of memory', () => {
  it('says what there will be at most, what there is now, and what is free', () => {
    assert.equal(
      memoryLine({ now: 420e6, more: 1e9 }, { bytes: 2e9, bound: 'this machine' }),
      'Memory: about 1.42 GB at most, 420 MB of them now; 2.00 GB are free (this machine).',
    );
  });
});
