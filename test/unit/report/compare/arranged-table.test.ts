import assert from 'node:assert/strict';
import { arrangedTable, type ArrangedTable } from '../../../../src/core/report/compare/arranged-table';
import { compareFormats } from '../../../../src/core/report/compare/compare-formats';
import { compareView, type CompareView } from '../../../../src/core/report/compare/compare-view';
import { meanAndError } from '../../../../src/core/report/compare/mean-and-error';
import { experiment, final, trained } from './rows';

const pgd = (epsilon: number, seed: number) => experiment({ name: 'pgd-at', epsilon }, seed);
const rows = [
  ...trained('weak 0', { settings: pgd(4 / 255, 0), finals: [final(0.2)] }),
  ...trained('weak 1', { settings: pgd(4 / 255, 1), finals: [final(0.24)] }),
  ...trained('strong 0', { settings: pgd(8 / 255, 0), finals: [final(0.3)] }),
  ...trained('strong 1', { settings: pgd(8 / 255, 1), finals: [final(0.4)] }),
  ...trained('open', { settings: pgd(8 / 255, 2), finals: [] }, { status: 'running' }),
];
const view = (change: Partial<CompareView> = {}): CompareView => ({ ...compareView.parse({}), ...change });
const titles = ({ columns }: ArrangedTable): string[] => columns.map(({ title }) => title);
const names = ({ lines }: ArrangedTable): string[] => lines.map(({ cells }) => cells[0]?.text ?? '');
const idOf = (title: string): string => {
  const found = arrangedTable(rows, view()).all.find((column) => column.title === title);
  assert.ok(found, title);
  return found.id;
};
const cellsOf = (arranged: ArrangedTable, title: string): string[] => {
  const place = titles(arranged).indexOf(title);
  return arranged.lines.map(({ cells }) => {
    const { text = '', difference } = cells[place] ?? {};
    return difference === undefined ? text : `${text} ${difference}`;
  });
};
const PGD = 'pgd-20 linf 8/255';

describe('the table of a comparison', () => {
  it('has a column for every setting that differs, and others can be chosen, hidden and pinned', () => {
    const usual = arrangedTable(rows, view());
    assert.deepEqual(titles(usual), ['run', 'status', 'epoch', 'seed', 'epsilon', 'clean', PGD, 'time']);
    assert.deepEqual(cellsOf(usual, 'epsilon'), ['4/255', '4/255', '8/255', '8/255', '8/255']);
    const shown = { [idOf('dataset.name')]: true, [idOf('epoch')]: false };
    const chosen = arrangedTable(rows, view({ shown, pinned: [idOf('time')] }));
    assert.deepEqual(titles(chosen), [
      'run',
      'time',
      'status',
      'seed',
      'epsilon',
      'dataset.name',
      'clean',
      PGD,
    ]);
  });

  it('is sorted by several columns, and what has no value is last either way', () => {
    const by = (...sort: [string, boolean][]) =>
      names(
        arrangedTable(
          rows,
          view({ sort: sort.map(([title, descending]) => ({ column: idOf(title), descending })) }),
        ),
      );
    assert.deepEqual(by(['seed', true], ['epsilon', false]), [
      'open',
      'weak 1',
      'strong 1',
      'weak 0',
      'strong 0',
    ]);
    assert.deepEqual(by([PGD, true]), ['strong 1', 'strong 0', 'weak 1', 'weak 0', 'open']);
    assert.deepEqual(by([PGD, false]), ['weak 0', 'weak 1', 'strong 0', 'strong 1', 'open']);
  });

  it('is filtered by words and by conditions', () => {
    const left = (filter: string) => names(arrangedTable(rows, view({ filter })));
    assert.deepEqual(left('STRONG'), ['strong 0', 'strong 1']);
    assert.deepEqual(left('"weak 1"'), ['weak 1']);
    assert.deepEqual(left('epsilon=8/255 seed<2'), ['strong 0', 'strong 1']);
    assert.deepEqual(left('pgd-20>=30'), ['strong 0', 'strong 1']);
    assert.deepEqual(left('method.epsilon!=8/255 weak'), ['weak 0', 'weak 1']);
    assert.deepEqual(left('seed=1 nothing'), []);
  });

  it('says how far each run is from a baseline', () => {
    const arranged = arrangedTable(rows, view({ baseline: rows[0]?.key }));
    assert.deepEqual(
      cellsOf(arranged, PGD).map((text) => text.replace(/ \(.*\)/, '')),
      ['20.0 %', '24.0 % +4.0', '30.0 % +10.0', '40.0 % +20.0', ''],
    );
    const low = arrangedTable(rows, view({ baseline: rows[3]?.key }));
    assert.match(cellsOf(low, PGD)[0] ?? '', /\u221220\.0$/);
    assert.match(cellsOf(low, 'clean')[0] ?? '', /±0\.0$/);
  });

  it('has the mean over seeds with its standard error, by hand', () => {
    const repeats = arrangedTable(rows, view({ groupBy: 'repeats' }));
    assert.deepEqual(names(repeats), ['method.epsilon=4/255', 'method.epsilon=8/255']);
    // The standard deviations are 0.0283 and 0.0707 of two values each.
    assert.deepEqual(cellsOf(repeats, PGD), ['22.0 ± 2.0 %', '35.0 ± 5.0 % (of 2)']);
    assert.deepEqual(cellsOf(repeats, 'epsilon'), ['4/255', '8/255']);
    assert.deepEqual(
      repeats.lines.map((line) => line.kind === 'group' && line.mixes),
      [[], []],
    );
    assert.deepEqual(meanAndError([1, 2, 3, 4]), { mean: 2.5, error: Math.sqrt(5 / 3 / 4), count: 4 });
    assert.deepEqual(meanAndError([7]), { mean: 7, count: 1 });
    assert.equal(meanAndError([]), undefined);
  });

  it('takes the only network of a run for both its last and its best one', () => {
    const best = final(0.5, { network: { kind: 'best', step: 60, epoch: 3 }, beside: true });
    const two = [
      ...trained('a', { settings: pgd(8 / 255, 0), finals: [best, final(0.3)] }),
      ...trained('b', { settings: pgd(8 / 255, 1), finals: [final(0.4)] }),
    ];
    const grouped = arrangedTable(two, view({ groupBy: 'repeats' }));
    const counts = grouped.lines.map((line) => line.kind === 'group' && line.lines.length);
    assert.deepEqual(counts, [2, 2]);
    assert.deepEqual(cellsOf(grouped, PGD), ['35.0 ± 5.0 %', '45.0 ± 5.0 %']);
  });

  it('says of a group in what else its runs differ', () => {
    const bySeed = arrangedTable(rows, view({ groupBy: idOf('seed') }));
    assert.deepEqual(names(bySeed), ['seed = 0', 'seed = 1', 'seed = 2']);
    assert.deepEqual(
      bySeed.lines.map((line) => line.kind === 'group' && line.mixes),
      [['method.epsilon'], ['method.epsilon'], []],
    );
  });

  it('is sorted and filtered in groups, too', () => {
    const sort = [{ column: idOf(PGD), descending: true }];
    const grouped = arrangedTable(rows, view({ groupBy: 'repeats', sort, filter: 'seed<2' }));
    assert.deepEqual(names(grouped), ['method.epsilon=8/255', 'method.epsilon=4/255']);
    const [best] = grouped.lines;
    assert.deepEqual(best?.kind === 'group' && best.lines.map(({ row }) => row.record.name), [
      'strong 1',
      'strong 0',
    ]);
  });
});

describe('a comparison as text', () => {
  const two = [
    ...trained('a|b_1 & <c> 100%', { settings: pgd(4 / 255, 0), finals: [final(0.2)] }),
    ...trained('=1+1,"x"', { settings: pgd(8 / 255, 0), finals: [final(0.3)] }),
  ];
  const arranged = arrangedTable(two, view({ baseline: two[0]?.key }));

  it('is plain for a terminal', () => {
    const text = compareFormats.table(arranged);
    assert.match(text, /^run +epsilon +clean +pgd-20 linf 8\/255 +time$/m);
    assert.match(
      text,
      /^a\|b_1 & <c> 100% \[baseline\] +4\/255 +60\.0 % \(55\.6–64\.2\) +20\.0 % \(16\.7–23\.7\) +1:30$/m,
    );
    assert.match(text, /30\.0 % \(26\.1–34\.2\) \[\+10\.0\]/);
    assert.match(text, /^Accuracy on 500 test images; in brackets the 95 % interval/m);
  });

  it('is CSV with every number unrounded, and no formula', () => {
    const [head = '', ...lines] = compareFormats.csv(arranged).trimEnd().split('\r\n');
    assert.equal(
      head,
      `run,epsilon,clean,clean low,clean high,clean images,${PGD},${PGD} low,${PGD} high,${PGD} images,time (s)`,
    );
    assert.match(lines[0] ?? '', /^a\|b_1 & <c> 100%,0\.01568\d+,0\.6,0\.55\d+,0\.64\d+,500,0\.2,/);
    assert.match(lines[1] ?? '', /^"'=1\+1,""x""",0\.0313/);
    const grouped = arrangedTable(rows, view({ groupBy: 'repeats' }));
    const csv = compareFormats.csv(grouped).split('\r\n');
    assert.match(csv[0] ?? '', /^runs,run,.*,pgd-20 linf 8\/255,pgd-20 linf 8\/255 standard error,/);
    assert.match(csv[1] ?? '', /^2,method\.epsilon=4\/255,/);
  });

  it('is Markdown', () => {
    const lines = compareFormats.markdown(arranged).split('\n');
    assert.equal(lines[1], '| :-- | --: | --: | --: | --: |');
    assert.match(lines[2] ?? '', /^\| a\\\|b\\_1 & \\<c\\> 100% \\\[baseline\\\] \| 4\/255 \| /);
  });

  it('is LaTeX for booktabs, with nothing that LaTeX would obey', () => {
    const text = compareFormats.latex(arranged);
    assert.match(
      text,
      /\\begin\{tabular\}\{lrrrr\}\n {2}\\toprule\n {2}run & epsilon & clean & pgd-20 linf 8\/255 & time \\\\\n {2}\\midrule/,
    );
    assert.ok(text.includes('a$|$b\\_1 \\& $<$c$>$ 100\\% [baseline] & 4/255 & 60.0 \\% (55.6--64.2)'), text);
    assert.match(text, /\\bottomrule\n\\end\{tabular\}/);
  });
});
