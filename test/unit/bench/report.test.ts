import assert from 'node:assert/strict';
import { alternate, median } from '../../../bench/alternate';
import { markdownTable, replaceSection } from '../../../bench/markdown';
import { cellsOf, rowOf } from '../../../bench/row';

describe('the report of a benchmark', () => {
  it('replaces one generated section and leaves the text around it', () => {
    const text =
      'before\n<!-- begin a -->\nold\n<!-- end a -->\nbetween\n<!-- begin b -->\n<!-- end b -->\nafter\n';
    const once = replaceSection(text, 'a', 'new');
    assert.equal(
      once,
      'before\n<!-- begin a -->\n\nnew\n\n<!-- end a -->\nbetween\n<!-- begin b -->\n<!-- end b -->\nafter\n',
    );
    assert.equal(replaceSection(once, 'a', 'new'), once);
    assert.throws(() => replaceSection(text, 'c', 'new'), /no section/);
  });

  it('writes tables with numbers to the right', () => {
    assert.equal(markdownTable(['', 'ms'], [['a', '1']]), '|  | ms |\n| :-- | --: |\n| a | 1 |');
  });

  it('has medians and their ratio in a row, and the error of a peer that can not', () => {
    const part = {
      task: { id: 't', title: 'T' },
      network: { id: 'n', title: 'N' },
      batch: 4,
      peer: 'P',
    };
    const row = rowOf({ ...part, ours: [3, 1, 2], theirs: [8, 4, 100, 0] });
    assert.deepEqual([row.name, row.ours_ms, row.peer_ms, row.ratio], ['T, N, batch 4', 2, 6, 2 / 6]);
    assert.deepEqual(cellsOf(row), ['T, N, batch 4', '2.0', '6.0', '0.33']);
    const failed = rowOf({ ...part, ours: [2], theirs: [], error: 'no such op' });
    assert.deepEqual([failed.peer_ms, failed.ratio], [null, null]);
    assert.deepEqual(cellsOf(failed), ['T, N, batch 4', '2.0', 'no such op', '']);
  });

  it('takes turns, after one run of each that does not count', async () => {
    const order: string[] = [];
    const side = (name: string, times: number[]) => () => {
      order.push(name);
      return Promise.resolve(times.shift() ?? NaN);
    };
    const timings = await alternate(2, side('ours', [9, 1, 2]), side('peer', [9, 3, 4]));
    assert.deepEqual(timings, { ours: [1, 2], peer: [3, 4] });
    assert.equal(order.join(), 'ours,peer,ours,peer,ours,peer');
    assert.equal(median([]), NaN);
  });
});
