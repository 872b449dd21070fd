import assert from 'node:assert/strict';
import type { AttackReport, SampleGrid } from '../../../src/core/records/run-files';
import { madeReport } from '../../support/attack-run';
import { attackRows } from '../../../webview/sections/attacks/attack-rows';
import { attackTable } from '../../../webview/sections/attacks/attack-table';
import { attackText } from '../../../webview/text/attack-text';
import { factHint, factValue, shortFact } from '../../../webview/pictures/fact-text';
import { pageOf } from '../../../webview/controls/paging';
import { shortPath } from '../../../webview/text/short-path';
import { className } from '../../../webview/text/class-name';
import {
  everything,
  galleryCounts,
  galleryRows,
  outcomeOf,
} from '../../../webview/sections/gallery/gallery-view';
import { named } from '../attacks/named';

function attacked(...answers: [label: number, clean: number, adversarial: number][]): SampleGrid {
  return {
    step: 0,
    epoch: 0,
    imageSize: { height: 32, width: 32 },
    columns: [
      { key: 'x', title: 'clean', kind: 'image' },
      { key: 'delta', title: 'perturbation', kind: 'perturbation' },
      { key: 'xAdv', title: 'fgsm linf 8/255', kind: 'image' },
    ],
    rows: answers.map(([label, clean, adversarial], index) => ({
      index,
      label,
      predictions: {
        x: { label: clean, confidence: 0.9 },
        xAdv: { label: adversarial, confidence: 0.8 },
      },
    })),
    classNames: ['airplane', 'automobile'],
  };
}

describe('webview: samples', () => {
  it('sorts attacked images into fooled, robust and wrong before', () => {
    // The last one is right only after the attack: it was wrong before, so it can't have withstood.
    const grid = attacked([0, 0, 1], [1, 1, 1], [0, 1, 1], [1, 0, 1]);
    const known = (row: SampleGrid['rows'][number]) => outcomeOf(grid, row);
    const counts = galleryCounts(grid, everything, known);
    assert.deepEqual(counts, { all: 4, fooled: 1, robust: 1, misclassified: 2 });
    const shown = (outcome: typeof everything.outcome) =>
      galleryRows(grid, { ...everything, outcome }, known).map((place) => grid.rows[place]?.index);
    assert.deepEqual(shown('all'), [0, 1, 2, 3]);
    assert.deepEqual(shown('fooled'), [0]);
    assert.deepEqual(shown('robust'), [1]);
    assert.deepEqual(shown('misclassified'), [2, 3]);
  });

  it('names classes, also unknown ones', () => {
    const grid = attacked();
    assert.equal(className(grid, 1), 'automobile');
    assert.equal(className(grid, 7), 'class 7');
  });

  it('puts facts of an image in words as their format says', () => {
    const grid = attacked();
    const divergence = { name: 'KL divergence', symbol: 'KL', unit: 'nats', value: 0.12345 };
    const partner = { name: 'Partner', about: 'what it was mixed with', format: 'class', value: 1 };
    assert.equal(shortFact(grid, divergence), 'KL 0.12');
    assert.equal(factValue(grid, divergence, 4), '0.1235\u202fnats');
    assert.equal(shortFact(grid, { ...divergence, value: -0.0345 }), 'KL −0.035', 'more than one digit');
    assert.equal(shortFact(grid, { ...divergence, value: 0.00031 }), 'KL 0.00031', 'not a zero');
    assert.equal(shortFact(grid, { ...divergence, value: 0 }), 'KL 0.00');
    assert.equal(shortFact(grid, { ...divergence, value: null }), 'KL –');
    assert.equal(shortFact(grid, partner), 'Partner automobile');
    assert.equal(shortFact(grid, { ...partner, format: 'percent', value: 0.5 }), 'Partner 50\u202f%');
    assert.equal(shortFact(grid, { ...partner, format: 'of a later version', value: 0.5 }), 'Partner 0.50');
    assert.equal(factHint(divergence), 'KL divergence');
    assert.equal(factHint(partner), 'Partner: what it was mixed with');
  });
});

describe('webview: attack report', () => {
  const image = {
    index: 3,
    label: 0,
    cleanPrediction: 0,
    adversarialPrediction: 1,
    broken: true,
    norm: 8 / 255,
    loss: null,
  };
  const attack: AttackReport['attacks'][number] = {
    title: 'pgd-20 l2 0.5',
    parameters: {
      name: 'pgd',
      norm: 'l2',
      epsilon: 0.5,
      stepSize: 0.0625,
      steps: 20,
      randomStart: true,
      restarts: 3,
      momentum: 0,
      eotSamples: 1,
      targeted: true,
    },
    robustAccuracy: 0.2,
    seconds: 1,
    images: [image, { ...image, broken: false, adversarialPrediction: 0 }, { ...image, cleanPrediction: 1 }],
  };

  it('puts the parameters in words', () => {
    assert.equal(
      attackText(attack),
      'l2, eps 0.5, step 0.0625, 20 steps, 3 restarts, random start, targeted',
    );
    assert.equal(
      attackText({ parameters: { name: 'fgsm', epsilon: 8 / 255, targeted: false } }),
      'linf, eps 8/255',
    );
  });

  it('lists every image with how it came out', () => {
    const table = attackTable(attack, ['airplane', 'automobile']);
    const rows = Array.from({ length: table.count }, (_, index) => table.row(index).cells);
    assert.deepEqual(rows[0], ['3', 'airplane', 'airplane', 'automobile', 'fooled', '0.031', '–']);
    assert.deepEqual(
      rows.map((cells) => cells[4]),
      ['fooled', 'robust', 'wrong before'],
    );
  });

  it('says nothing of a norm for what has none', () => {
    const { definition, parameters } = named({ name: 'spatial' });
    const spatial = { ...attack, title: 'spatial', definition, parameters };
    const table = attackTable(spatial, []);
    assert.deepEqual(
      table.columns.map(({ label }) => label),
      ['Image', 'Label', 'Clean', 'Attacked', 'Result', 'Loss'],
    );
    assert.deepEqual(table.row(0).cells, ['3', '0', '0', '1', 'fooled', '–']);
    assert.doesNotMatch(attackText(spatial), /norm|linf|l2/);
  });

  it('tells of every image whether a targeted attack reached its target', () => {
    const images = [
      { ...image, target: 1, misclassified: true },
      { ...image, target: 2, broken: false, misclassified: true },
      { ...image, target: 1, broken: false, misclassified: false, adversarialPrediction: 0 },
      { ...image, target: 0, broken: false, misclassified: false, adversarialPrediction: 0 },
      { ...image, target: 2, broken: false, misclassified: false, cleanPrediction: 1 },
    ];
    const table = attackTable({ ...attack, images }, ['airplane', 'automobile', 'bird']);
    const rows = images.map((_, index) => table.row(index).cells);
    assert.equal(table.columns[2]?.label, 'Target');
    assert.deepEqual(
      rows.map((cells) => [cells[2], cells[5]]),
      [
        ['automobile', 'target reached'],
        ['bird', 'fooled, not the target'],
        ['automobile', 'robust'],
        ['airplane', 'left out: target is the label'],
        ['bird', 'wrong before'],
      ],
    );
    const report = {
      ...madeReport(),
      attacks: [{ ...attack, images }],
      groups: undefined,
      analysis: undefined,
    };
    assert.match(
      attackRows(report)[1]?.note ?? '',
      /target reached by 1 of 3 attacked images \(33.3.%\), 2 misclassified, 1 left out, whose label is the target/,
    );
  });

  it('shortens paths to what tells them apart, on every system', () => {
    assert.equal(shortPath('/home/ada/runs/7/checkpoints/last/model.json'), 'last/model.json');
    assert.equal(shortPath('C:\\work\\quickstart.m2at.json'), 'quickstart.m2at.json');
  });
});

describe('webview: paging', () => {
  it('clamps the page and covers every row exactly once', () => {
    assert.deepEqual(pageOf(0, 3, 100), { page: 0, pages: 1, start: 0, end: 0 });
    assert.deepEqual(pageOf(250, 9, 100), { page: 2, pages: 3, start: 200, end: 250 });
    assert.deepEqual(pageOf(250, -1, 100), { page: 0, pages: 3, start: 0, end: 100 });
  });
});
