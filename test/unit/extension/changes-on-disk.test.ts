import assert from 'node:assert/strict';
import { ChangesOnDisk, type Changes } from '../../../src/extension/runs/changes-on-disk';

describe('ChangesOnDisk', () => {
  /** What is read after these changes, root by root. */
  const readAfter = (note: (changes: ChangesOnDisk) => void): Promise<[string, Changes][]> =>
    new Promise((resolve) => {
      const read: [string, Changes][] = [];
      const changes = new ChangesOnDisk((root, changed) => {
        read.push([root, changed]);
        // All roots are read in the same turn.
        if (read.length === 1)
          queueMicrotask(() => {
            resolve(read);
          });
      });
      note(changes);
    });

  it('gathers the files of each run, until they are read', async () => {
    const read = await readAfter((changes) => {
      changes.note('/a', 'one', 'run.json');
      changes.note('/b', 'two', 'run.json');
      changes.note('/a', 'one', 'metrics.jsonl');
      changes.note('/a', 'one', 'run.json');
    });
    assert.deepEqual(read, [
      ['/a', new Map([['one', new Set(['run.json', 'metrics.jsonl'])]])],
      ['/b', new Map([['two', new Set(['run.json'])]])],
    ]);
  });

  it('knows no files of a run any more once any may have changed', async () => {
    const read = await readAfter((changes) => {
      changes.note('/a', 'one', 'run.json');
      changes.note('/a', 'one');
      changes.note('/a', 'one', 'metrics.jsonl');
    });
    assert.deepEqual(read, [['/a', new Map([['one', undefined]])]]);
  });

  it('reads nothing of a root that was forgotten', async () => {
    const read = await readAfter((changes) => {
      changes.note('/a', 'one', 'run.json');
      changes.note('/b', 'two');
      changes.forget('/a');
    });
    assert.deepEqual(read, [['/b', new Map([['two', undefined]])]]);
  });
});
