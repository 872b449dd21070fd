import assert from 'node:assert/strict';
import { corruptionTable } from '../../../src/core/records/corruption-files';
import { isComplete, meanOf, rowOf } from '../../../src/core/report/corruption-means';
import { corruptionLine, corruptionText, oneCorruptionLine } from '../../../src/core/report/corruption-text';
import { corruptionRows, meanRow } from '../../../webview/sections/corruptions/corruption-rows';
import { corruptionTableOf } from '../../support/corruption-table';

describe('the table of corruptions', () => {
  const table = corruptionTableOf([30, 10, 36, 20]);

  it('has an accuracy and an interval for each, and their mean', () => {
    assert.deepEqual(corruptionTable.parse(table), table);
    assert.equal(rowOf(table, 'frost', 5)?.accuracy, 0.25);
    // Wilson's interval of 10 in 40, by hand.
    assert.deepEqual(
      rowOf(table, 'frost', 5)?.accuracyInterval?.map((end) => end.toFixed(3)),
      ['0.142', '0.402'],
    );
    assert.equal(table.meanAccuracy, (30 + 10 + 36 + 20) / 160);
    assert.deepEqual(
      table.meanAccuracyInterval?.map((end) => end.toFixed(3)),
      ['0.446', '0.737'],
    );
    assert.equal(isComplete(table), true);
    assert.equal(isComplete({ ...table, rows: table.rows.slice(0, 2) }), false);
    assert.equal(meanOf([]), undefined);
  });

  it('is printed with a line a corruption, a column a severity, and the means', () => {
    const text = corruptionText(table);
    assert.match(
      text,
      /^Corruptions computed here, with the constants of CIFAR-10-C: 40 images of cifar10$/m,
    );
    assert.match(text, /^accuracy +severity 1 +severity 5 +mean$/m);
    assert.match(text, /^clean +90\.0 % +90\.0 %$/m);
    assert.match(text, /^Frost +75\.0 % +25\.0 % +50\.0 %$/m);
    assert.match(text, /^mean +82\.5 % +37\.5 % +60\.0 %$/m);
    assert.match(text, /^Mean accuracy under corruptions \(95 % interval\): 60\.0 % \(44\.6–73\.7\)$/m);
    assert.match(text, /^Differs from the published images: Frost: its frost is computed.*\.$/m);
    assert.match(corruptionText({ ...table, rows: table.rows.slice(0, 2) }), /, 2 of 4 measured$/m);
    const files = corruptionText({ ...table, origin: 'files', folder: '/data/CIFAR-10-C', notes: [] });
    assert.match(files, /^Corruptions from the files in \/data\/CIFAR-10-C: 40 images of cifar10$/m);
    assert.doesNotMatch(files, /computed|Differs/);
  });

  it('of one severity has no column of means', () => {
    const one = { ...table, severities: [5], rows: table.rows.filter(({ severity }) => severity === 5) };
    assert.match(corruptionText(one), /^Frost +25\.0 %$/m);
    assert.match(corruptionText(one), /^clean +90\.0 %$/m);
  });

  it('is told in lines of a log', () => {
    assert.equal(
      corruptionLine(table),
      'Corruptions computed here, with the constants of CIFAR-10-C, on 40 images: mean accuracy 60.0 % (44.6–73.7), clean 90.0 %, worst Frost 50.0 %.',
    );
    const results = [
      { name: 'fog', severity: 1, right: 36 },
      { name: 'fog', severity: 5, right: 20 },
    ];
    assert.equal(
      oneCorruptionLine(table, results),
      'Corruption 2 of 2, Fog: severity 1 90.0 %, severity 5 50.0 %.',
    );
  });

  it('becomes the lines of a heat map', () => {
    const [frost, fog, ...more] = corruptionRows({ ...table, rows: table.rows.slice(0, 3) });
    assert.deepEqual(more, []);
    assert.deepEqual([frost?.title, frost?.family, frost?.mean.accuracy], ['Frost', 'weather', 0.5]);
    assert.deepEqual(
      fog?.cells.map(({ accuracy }) => accuracy),
      [0.9, undefined],
    );
    assert.deepEqual(
      meanRow(table).cells.map(({ accuracy }) => accuracy),
      [(30 + 36) / 80, (10 + 20) / 80],
    );
  });
});
