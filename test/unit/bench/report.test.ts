import assert from 'node:assert/strict';
import { againstTorch } from '../../../bench/against-torch';
import { alternate, median } from '../../../bench/alternate';
import { methodCells, methodHead, besides, methodNames, stepPasses } from '../../../bench/compare-methods';
import { markdownTable, replaceSection } from '../../../bench/markdown';
import { modesOf, type PeerMode } from '../../../bench/peer-mode';
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
    const part = { task: { id: 't', title: 'T' }, network: { id: 'n', title: 'N' }, batch: 4 };
    const row = rowOf({ ...part, ours: [3, 1, 2], theirs: [{ peer: 'P', runs: [8, 4, 100, 0] }] });
    assert.deepEqual([row.name, row.ours_ms, row.peer_ms, row.ratio], ['T, N, batch 4', 2, 6, 2 / 6]);
    assert.deepEqual(cellsOf(row), ['T, N, batch 4', '2.0', '6.0', '0.33']);
    const failed = rowOf({ ...part, ours: [2], theirs: [{ peer: 'P', runs: [] }], error: 'no such op' });
    assert.deepEqual([failed.peer, failed.peer_ms, failed.ratio], ['P', null, null]);
    assert.deepEqual(cellsOf(failed), ['T, N, batch 4', '2.0', 'no such op', '']);
  });

  it('compares with the fastest of the ways in which the peer ran, and says which', () => {
    const part = { task: { id: 't', title: 'T' }, network: { id: 'n', title: 'N' }, batch: 4, ours: [6] };
    const theirs = [
      { peer: 'P', mode: 'eager', runs: [9, 8, 10] },
      { peer: 'P', mode: 'channels-last', runs: [8, 8, 0] },
      { peer: 'P', mode: 'compiled', runs: [1, 30, 12] },
    ];
    const row = rowOf({ ...part, theirs });
    assert.deepEqual(
      [row.mode, row.peer_ms, row.ratio, row.peer_runs],
      ['channels-last', 8, 0.75, [8, 8, 0]],
    );
    assert.deepEqual(row.peer_modes, { eager: 9, 'channels-last': 8, compiled: 12 });
    const alone = rowOf({ ...part, theirs: theirs.slice(2) });
    assert.deepEqual([alone.mode, alone.peer_ms, alone.peer_modes], ['compiled', 12, undefined]);
    assert.deepEqual(modesOf('fastest'), ['eager', 'channels-last', 'compiled']);
    assert.deepEqual(modesOf('compiled'), ['compiled']);
  });

  it('has the passes and the work of a method in its row, and what each costs beside PGD-AT', () => {
    // 13 passes and a forward one: 1 + 2 x 11 + 3 x 2; 11 passes: 2 x 10 + 3.
    const ratios = besides(1.5, { attack: 11, training: 2, forward: 1 }, { attack: 10, training: 1 });
    assert.deepEqual(ratios, {
      ...{ passes: 13, pass_ratio: 16.5 / 13 },
      ...{ work: 29, work_ratio: 34.5 / 29 },
    });
    assert.equal(besides(1, stepPasses('pgd-at'), stepPasses('pgd-at')).work, 23);
    assert.equal(besides(1, stepPasses('trades'), stepPasses('pgd-at')).work, 27);
    const compared = rowOf({
      task: { id: 'a-step', title: 'a' },
      network: { id: 'n', title: 'N' },
      batch: 4,
      ours: [390],
      theirs: [{ peer: 'P', mode: 'compiled', runs: [300] }],
    });
    const row = { ...compared, ...ratios, ours_rss: 3 * 2 ** 20, peer_rss: 2 ** 21 };
    const cells = ['a', '13', '29', '390', '300', 'compiled', '1.30', '1.27', '1.19', '3', '2', '1.50'];
    assert.deepEqual(methodCells(row), cells);
    assert.deepEqual(methodCells({ ...row, peer_rss: null }).slice(-3), ['3', '', '']);
    assert.equal(methodHead.length, cells.length);
    for (const name of methodNames) assert.ok(stepPasses(name).training >= 1, name);
  });

  it('leaves out a peer that can not do a task, and says why where none can', async () => {
    const peer = (name: string, mode: PeerMode, times: (number | string)[]) => ({
      name,
      mode,
      time: () => {
        const next = times.shift() ?? NaN;
        return typeof next === 'number' ? Promise.resolve(next) : Promise.reject(new Error(next));
      },
    });
    const ours = (): (() => Promise<number>)[] => [() => Promise.resolve(5)];
    const options = { task: 'a-step', clock: 'wall', repetitions: 1 } as const;
    const able = await againstTorch(
      ours(),
      [peer('P', 'eager', [1, 2, 3]), peer('P', 'compiled', ['no compiler'])],
      options,
    );
    assert.deepEqual(
      able.theirs.map(({ mode, runs }) => [mode, runs]),
      [['eager', [3]]],
    );
    assert.deepEqual([able.ours, able.error], [[[5]], undefined]);
    const none = await againstTorch(ours(), [peer('P', 'compiled', ['no compiler'])], options);
    assert.deepEqual([none.theirs, none.error], [[], 'no compiler']);
  });

  it('takes turns, after one run of each that does not count', async () => {
    const order: string[] = [];
    const side = (name: string, times: number[]) => () => {
      order.push(name);
      return Promise.resolve(times.shift() ?? NaN);
    };
    const timings = await alternate(2, [side('ours', [9, 1, 2]), side('peer', [9, 3, 4])]);
    assert.deepEqual(timings, [
      [1, 2],
      [3, 4],
    ]);
    assert.equal(order.join(), 'ours,peer,ours,peer,ours,peer');
    assert.equal(median([]), NaN);
  });
});
