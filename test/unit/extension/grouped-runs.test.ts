import assert from 'node:assert/strict';
import { groupText, groupedRuns } from '../../../src/extension/views/grouped-runs';
import { runRecord } from '../webview/rows';

describe('runs in the tree', () => {
  const run = (name: string, id?: string, index = 1) => ({
    record: {
      ...runRecord({ id: name, name }),
      ...(id !== undefined && { group: { id, name: id, index, size: 3 } }),
    },
  });

  it('stand together where they were started together, in the place of the newest', () => {
    const runs = [
      run('b3', 'b', 3),
      run('alone'),
      run('a2', 'a', 2),
      run('b1', 'b', 1),
      run('lone', 'c', 2),
      run('a1', 'a', 1),
    ];
    const shown = groupedRuns(runs).map((item) =>
      'runs' in item ? [item.group.id, ...item.runs.map(({ record }) => record.id)] : item.record.id,
    );
    assert.deepEqual(shown, [['b', 'b1', 'b3'], 'alone', ['a', 'a1', 'a2'], 'lone']);
  });

  it('say of a group how far it is', () => {
    assert.equal(groupText(['done', 'done', 'failed', 'running'], 12), '2 of 12 done, 1 failed, 1 running');
    assert.equal(groupText(['stopped', 'done'], 2), '1 of 2 done, 1 stopped');
  });
});
