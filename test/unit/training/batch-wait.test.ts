import assert from 'node:assert/strict';
import { BatchWait } from '../../../src/core/training/batch-wait';
import { threadsFor } from '../../../src/core/training/batch-threads';
import { tinyDataset } from './tiny-task';

describe('how long a training waits for its images', () => {
  it('is told as a share of the steps, where it is more than a tenth, and some seconds', () => {
    const wait = new BatchWait();
    assert.deepEqual([wait.share, wait.text], [0, undefined]);
    wait.add(20, 2);
    assert.equal(wait.text, undefined);
    wait.add(20, 7);
    assert.deepEqual([wait.share, wait.text], [0.225, undefined], 'nine seconds');
    wait.add(0, 1);
    assert.equal(wait.share, 0.25);
    assert.match(String(wait.text), /^The device waited 25 % of the time for images\./);
  });
});

describe('threads that make batches', () => {
  const of = { ...tinyDataset(4).train, height: 224, width: 224 };

  it('are as many as the source has use for', () => {
    assert.deepEqual(threadsFor(of, 64), { threads: 1, ahead: 1 });
    assert.deepEqual(threadsFor({ ...of, ahead: 2 }, 64), { threads: 1, ahead: 2 });
    assert.deepEqual(threadsFor({ ...of, threads: 3, ahead: 2 }, 64), { threads: 3, ahead: 4 });
    assert.deepEqual(threadsFor({ ...of, threads: 3 }, 64, { ahead: 7 }), { threads: 3, ahead: 7 });
  });

  it('make no more than 512 MB of batches', () => {
    const bytes = 3 * 4 * 128 * 224 * 224 * 3;
    const { threads } = threadsFor({ ...of, threads: 8 }, 128);
    assert.ok(threads < 8 && threads * bytes <= 2 ** 29 && (threads + 1) * bytes > 2 ** 29);
    assert.equal(threadsFor({ ...of, threads: 8 }, 4096).threads, 1);
  });
});
