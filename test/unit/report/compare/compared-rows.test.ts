import assert from 'node:assert/strict';
import { compareColumns } from '../../../../src/core/report/compare/compare-columns';
import type { ComparedRow } from '../../../../src/core/report/compare/compared-row';
import { attackAlone, attacked, experiment, final, first, trained } from './rows';

/** For each accuracy column, what it is of and what each row has there. */
function accuracies(
  rows: readonly ComparedRow[],
): [title: string, images: string | undefined, ...string[]][] {
  return compareColumns(rows)
    .filter(({ kind }) => kind === 'accuracy')
    .map(({ title, images, cell }) => [
      title,
      images,
      ...rows.map((row) => cell(row).text.replace(/ \(.*/, '')),
    ]);
}

describe('rows of a comparison', () => {
  it('put an attack on a checkpoint of a run beside what the run measured, where it is the same on the same images', () => {
    const rows = [
      ...trained('a', { attacks: [attacked('a', 0.25, first(500))] }),
      ...trained('b', { finals: [], attacks: [attacked('b', 0.4, first(500))] }),
      attackAlone('c', 0.1, first(500)),
    ];
    assert.deepEqual(accuracies(rows), [
      ['clean', '500 test images', '60.0 %', '60.0 %', '60.0 %'],
      // What was measured later, and by an attack of its own, is what stands.
      ['pgd-20 linf 8/255', '500 test images', '25.0 %', '40.0 %', '10.0 %'],
    ]);
    const [measured] = rows.map(({ measurements }) => measurements.map(({ attackRun }) => attackRun));
    assert.deepEqual(measured, [undefined, undefined, 'attack-a', 'attack-a']);
  });

  it('never put into one column what is of other images, counts, attacks, data sets or splits', () => {
    const other = { ...experiment(), dataset: { name: 'cifar100' } };
    const pgd = { attack: 'pgd-20 linf 8/255', robustAccuracy: 0.5, seconds: 1 };
    const rows = [
      ...trained('a'),
      ...trained('fewer', { finals: [final(0.31, { count: 400 })] }),
      ...trained('part', { finals: [final(0.3, { attacks: [{ ...pgd, count: 50 }] })] }),
      ...trained('another set', { settings: other, finals: [final(0.32)] }),
      ...trained('another attack', {
        finals: [final(0.33, { attacks: [{ ...pgd, attack: 'pgd-20 linf 4/255' }] })],
      }),
      ...trained('going on', { finals: [], latest: final(0.34, { final: false, split: 'validation' }) }),
      attackAlone('chosen', 0.35, [...first(499), 4711]),
      attackAlone('chosen otherwise', 0.36, [...first(499), 4712]),
    ];
    const robust = accuracies(rows).filter(([title]) => title !== 'clean');
    for (const [title, images, ...cells] of robust) {
      assert.equal(
        cells.filter((cell) => cell !== '').length,
        1,
        `${title} on ${String(images)}: ${cells.join()}`,
      );
    }
    assert.equal(robust.length, rows.length);
    // Columns that would look the same say what they are of.
    const heads = accuracies(rows).map(([title, images]) => `${title}, ${String(images)}`);
    assert.equal(new Set(heads).size, heads.length, heads.join('\n'));
    assert.ok(
      heads.some((head) => head.includes('the first 500 test images of cifar100')),
      heads.join('\n'),
    );
  });

  it('keep apart an attack that began before the run had ended: its network went on', () => {
    const attack = attacked('a', 0.25, first(500));
    const later = { endedAt: '2026-01-02T04:00:00.000Z' };
    const rows = [
      ...trained('a', { attacks: [attack] }, later),
      ...trained('b', { attacks: [attacked('b', 0.4, first(500))] }),
    ];
    assert.deepEqual(
      rows.map(({ key, network }) => [key, network]),
      [
        ['run-a last', 'last, step 100'],
        ['run-a earlier', 'as it was when it was attacked'],
        ['run-b last', undefined],
      ],
    );
    assert.deepEqual(accuracies(rows).at(-1), [
      'pgd-20 linf 8/255',
      '500 test images',
      '30.0 %',
      '25.0 %',
      '40.0 %',
    ]);
    const going = trained(
      'c',
      { finals: [], attacks: [attacked('c', 0.1, first(500))] },
      { status: 'running' },
    );
    assert.deepEqual(
      going.map(({ key }) => key),
      ['run-c last', 'run-c earlier'],
    );
  });

  it('keep apart what is done to examples before they are judged', () => {
    const rows = [
      ...trained('a', { attacks: [attacked('a', 0.25, first(500))] }),
      ...trained('b', { attacks: [attacked('b', 0.2, first(500), { eightBit: true })] }),
    ];
    const columns = accuracies(rows);
    assert.deepEqual(columns.at(-1), [
      'pgd-20 linf 8/255, on the 8-bit grid',
      '500 test images',
      '',
      '20.0 %',
    ]);
    assert.deepEqual(
      columns.slice(0, -1).map(([, , ...cells]) => cells),
      [
        ['60.0 %', '60.0 %'],
        ['25.0 %', '30.0 %'],
      ],
    );
  });

  it('are one a network, with the worst case of several attacks, and of an unfinished run what it last measured', () => {
    const fgsm = { attack: 'fgsm linf 8/255', robustAccuracy: 0.5, seconds: 1 };
    const both = { attacks: [...final(0.3).attacks, fgsm] };
    const best = final(0.35, { network: { kind: 'best', step: 60, epoch: 3 } });
    const rows = trained('two', { finals: [{ ...final(0.3, both), beside: true }, best] });
    assert.deepEqual(
      rows.map(({ key, network }) => [key, network]),
      [
        ['run-two best', 'best, step 60'],
        ['run-two last', 'last, step 100'],
      ],
    );
    assert.deepEqual(accuracies(rows).slice(-1), [
      ['worst of pgd-20 linf 8/255 | fgsm linf 8/255', '500 test images', '', '30.0 %'],
    ]);
    const [going] = trained(
      'going',
      { finals: [], latest: final(0.2, { final: false }) },
      { status: 'running' },
    );
    assert.deepEqual(
      going?.measurements.map(({ during }) => during),
      [true, true],
    );
  });
});
