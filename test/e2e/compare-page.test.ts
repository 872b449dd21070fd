import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import type { Page } from 'playwright-core';
import type { ComparedRow } from '../../src/core/report/compare/compared-row';
import { readComparedRows } from '../../src/core/runs/compared-runs';
import { listRuns } from '../../src/core/runs/run-store';
import { idOf, madeGrid, madeRuns, rowsOf, writeComparedRuns } from '../support/compared-runs';
import { expect } from '../support/expect';
import { root } from '../support/root';
import { ComparePageReader } from './compare-page';
import { BarePage, post, posted } from './bare-page';

interface Canvas {
  readonly width: number;
  readonly height: number;
  getContext(kind: '2d'): { getImageData(...place: number[]): { readonly data: readonly number[] } };
}

/** Runs in the page: every colour of a canvas, as style sheets name it. */
const coloursOf = (canvas: unknown): string[] => {
  const { width, height } = canvas as Canvas;
  const { data } = (canvas as Canvas).getContext('2d').getImageData(0, 0, width, height);
  const seen = new Set<string>();
  for (let at = 0; at < data.length; at += 4) {
    if (data[at + 3] === 255) seen.add(`rgb(${data.slice(at, at + 3).join(', ')})`);
  }
  return [...seen];
};

/** Runs in the page: a number that another picture hardly has. */
const hashOf = (canvas: unknown): number => {
  const { width, height } = canvas as Canvas;
  const { data } = (canvas as Canvas).getContext('2d').getImageData(0, 0, width, height);
  let hash = 7;
  for (const value of data) hash = (Math.imul(hash, 31) + value) | 0;
  return hash;
};

/** Runs in the page. */
const firstPixel = (canvas: unknown): number[] => {
  const { data } = (canvas as Canvas).getContext('2d').getImageData(0, 0, 1, 1);
  return [...data].slice(0, 3);
};

/** Runs in the page. */
const colourOfEach = (boxes: unknown): string[] =>
  (boxes as { readonly style: { readonly accentColor: string } }[]).map(({ style }) => style.accentColor);

describe('The comparison of runs', function () {
  this.timeout(120_000);
  // Each test goes on where the one before it left the page.
  this.bail(true);
  let folder = '';
  let bare: BarePage;
  let page: Page;
  let compare: ComparePageReader;
  let rows: ComparedRow[] = [];

  before(async () => {
    folder = await mkdtemp(path.join(os.tmpdir(), 'm2at-compared-'));
    await writeComparedRuns(folder);
    const all = await listRuns(folder);
    rows = await readComparedRows(folder, all.toReversed(), all);
    bare = await BarePage.of(path.join(root, 'dist', 'webview', 'compare'));
    page = await bare.open();
    compare = new ComparePageReader(page);
    await post(page, { type: 'state', rows, trusted: true });
  });
  after(async () => {
    await bare.close();
    await rm(folder, { recursive: true, force: true });
  });

  /** The last message of a kind that the page has posted. */
  const lastOf = async (type: string): Promise<unknown> => {
    const all = (await posted(page)) as { type: string }[];
    return all.findLast((message) => message.type === type);
  };

  it('has a row a run, and columns for what differs and for what can be compared', async () => {
    await expect(
      'the rows',
      () => compare.names(),
      (names) => names.length === 5,
    );
    assert.deepEqual(await compare.names(), ['natural', 'fast 0', 'fast 1', 'm2at 0', 'm2at 1']);
    assert.deepEqual(await compare.heads(), [
      ...['run', 'seed', 'method', 'clean 500 test images', 'pgd-20 linf 8/255 500 test images', 'time'],
    ]);
    // The attack on its checkpoint is the run's own number.
    assert.deepEqual(
      (await compare.column('pgd-20')).map((text) => text.replace(/ \(.*/, '')),
      [...['1.0 %', '42.0 %', '46.0 %', '50.0 %', '40.0 %']],
    );
    assert.match(
      await compare.hint('m2at 1', 'pgd-20'),
      /on the first 500 test images of cifar10\n95.* of 500 images\nMeasured by the attack attack-m2at-1$/,
    );
  });

  it('is sorted by several columns, by mouse and by keyboard', async () => {
    await compare.sort('method');
    await compare.sort('seed', { further: true });
    assert.deepEqual(await compare.names(), ['fast 0', 'fast 1', 'm2at 0', 'm2at 1', 'natural']);
    await page.keyboard.press('Shift+Enter');
    await compare.drawn();
    assert.deepEqual(await compare.names(), ['fast 1', 'fast 0', 'm2at 1', 'm2at 0', 'natural']);
    assert.deepEqual(await compare.sorting(), ['seed descending', 'method ascending']);
    await compare.sort('pgd-20');
    assert.deepEqual(await compare.names(), ['m2at 0', 'fast 1', 'fast 0', 'm2at 1', 'natural']);
  });

  it('is filtered, and says how many rows are left', async () => {
    await compare.filter('method!=standard seed=1');
    assert.deepEqual(await compare.names(), ['fast 1', 'm2at 1']);
    assert.equal(await compare.count(), '2 of 5 rows');
    await compare.filter('nothing like it');
    await page.getByText('No run has what the filter asks for.').waitFor();
    await compare.filter('');
    assert.equal(await compare.count(), '5 rows');
  });

  it('shows differences from a baseline, and asks for the settings of two runs', async () => {
    await compare.press('natural', 'Show how far the others are from natural');
    assert.deepEqual(
      (await compare.column('pgd-20')).map((text) => /\[(.*)\]/.exec(text)?.[1]),
      [...['+49.0', '+45.0', '+41.0', '+39.0', undefined]],
    );
    await compare.press('m2at 0', 'Settings of m2at 0 beside those of the baseline');
    assert.deepEqual(await lastOf('settings'), { type: 'settings', runs: [idOf('natural'), idOf('m2at 0')] });
    await compare.press('natural', 'Compare with no baseline');
  });

  it('groups runs: mean and standard error over seeds', async () => {
    await compare.groupBy('all but the seed');
    assert.deepEqual(await compare.names(), [
      'method.name=m2at',
      'method.name=fgsm-rs',
      'method.name=standard',
    ]);
    assert.deepEqual(await compare.column('pgd-20'), ['45.0 ± 5.0 %', '44.0 ± 2.0 %', '1.0 %']);
    await page.getByRole('button', { name: /method\.name=m2at/ }).click();
    await compare.drawn();
    assert.deepEqual((await compare.names()).slice(0, 3), ['method.name=m2at', 'm2at 0', 'm2at 1']);
    await page.getByText('Mean ± standard error over the runs of a group.').waitFor();
    await compare.groupBy('nothing');
  });

  it('has columns that are chosen, and kept in sight', async () => {
    await compare.choose('status', true);
    await compare.choose('time', false);
    await page.getByRole('button', { name: 'Keep method in sight' }).click();
    await page.keyboard.press('Escape');
    await compare.drawn();
    assert.deepEqual(
      (await compare.heads()).map((head) => head.split(' ')[0]),
      [...['run', 'method', 'status', 'seed', 'clean', 'pgd-20']],
    );
    await page.setViewportSize({ width: 620, height: 900 });
    const before = await compare.left('method');
    await compare.scrollRight();
    assert.equal(await compare.left('method'), before);
    assert.notEqual(await compare.left('pgd-20'), undefined);
    await page.setViewportSize({ width: 1400, height: 900 });
  });

  it('stars, renames, tags and notes through the extension', async () => {
    await compare.press('fast 1', 'Give fast 1 a star');
    assert.deepEqual(await lastOf('mark'), { type: 'mark', run: idOf('fast 1'), change: { star: true } });
    for (const [label, what] of [
      ['Rename fast 1…', 'name'],
      ['Tags of fast 1…', 'tags'],
      ['Note on fast 1…', 'note'],
    ] as const) {
      await compare.press('fast 1', label);
      assert.deepEqual(await lastOf('ask'), { type: 'ask', run: idOf('fast 1'), what });
    }
    const [row] = rows.filter(({ record }) => record.name === 'fast 1');
    assert.ok(row);
    const marks = { name: 'renamed', star: true as const, tags: ['a', 'b'] };
    const marked = { ...row, record: { ...row.record, name: 'renamed', marks } };
    await post(page, { type: 'rows', rows: [marked], gone: [] });
    await expect(
      'the new name',
      () => compare.names(),
      (names) => names.includes('renamed'),
    );
    assert.ok((await compare.heads()).includes('tags'));
    await compare.filter('tags=a,b');
    await compare.filter('renamed');
    assert.deepEqual(await compare.column('tags'), ['a, b']);
    await page.getByRole('button', { name: 'Take the star of renamed away' }).waitFor();
    await compare.filter('');
  });

  it('draws clean against robust accuracy, with what no other run is better than', async () => {
    // As it was.
    await post(page, { type: 'state', rows, trusted: true });
    const chart = page.locator('[data-chart="scatter"]');
    await chart.locator('circle').nth(4).waitFor();
    assert.equal(await chart.locator('circle').count(), 5);
    const front = await chart.locator('.is-on-front title').allTextContents();
    assert.deepEqual(front, [
      'natural: clean 92.0\u202f%, pgd-20 linf 8/255 1.0\u202f%',
      'm2at 0: clean 84.0\u202f%, pgd-20 linf 8/255 50.0\u202f%',
    ]);
    // More to the right is more clean accuracy, and higher is more robust.
    const places = await Promise.all(
      ['natural', 'm2at 0'].map((name) =>
        chart.locator(`[data-row="${idOf(name)} last"] circle`).boundingBox(),
      ),
    );
    const [natural, m2at] = places;
    assert.ok(natural && m2at && natural.x > m2at.x && natural.y > m2at.y);
    await chart.getByRole('button', { name: 'as a table' }).click();
    const cells = await chart.locator('.data-table tbody tr').first().locator('th, td').allInnerTexts();
    assert.deepEqual(cells, ['m2at 0', '84.0\u202f% (80.5–87.0)', '50.0\u202f% (45.6–54.4)', 'yes']);
    await chart.getByRole('button', { name: 'as a plot' }).click();
    await page.getByRole('button', { name: 'SVG', exact: true }).first().click();
    const { name, content } = (await lastOf('save')) as { name: string; content: string };
    assert.equal(name, 'Clean-and-robust-accuracy.svg');
    assert.match(content, /^<\?xml[^]*<svg [^]*Clean accuracy[^]*m2at 1[^]*<\/svg>\n$/);
  });

  it('draws robust accuracy over epsilon', async () => {
    const chart = page.locator('[data-chart]', { hasText: 'Accuracy against L∞ epsilon' });
    assert.equal(await chart.locator('.epsilon-curve').count(), 1);
    assert.equal(await chart.locator('.epsilon-curve circle').count(), 4);
    await chart.getByRole('button', { name: 'as a table' }).click();
    const cells = chart.locator('.data-table tbody tr').nth(1).locator('th, td');
    assert.deepEqual(await cells.allInnerTexts(), ['4/255', '60.0\u202f% (55.6–64.2)']);
  });

  const curve = (title: string) => page.locator('[data-curve]', { hasText: title });
  const readout = async (title: string): Promise<string[]> => {
    const texts = await curve(title).locator('.curve-readout li').allInnerTexts();
    return texts.map((text) => text.replaceAll(/\s+/g, ' '));
  };

  it('lays the curves of the runs over one another, each in its colour', async () => {
    assert.deepEqual(await lastOf('series'), { type: 'series', wanted: true });
    for (const run of madeRuns) {
      const made = rowsOf(run);
      const steps = made.flatMap((row) => (row.kind === 'step' ? [row] : []));
      const names = ['step', 'epoch', 'elapsedSeconds', 'loss'] as const;
      const columns = Object.fromEntries(names.map((column) => [column, steps.map((row) => row[column])]));
      await post(page, {
        ...{ type: 'series', run: idOf(run.name), from: 0, columns },
        evaluations: made.filter(({ kind }) => kind === 'evaluation'),
      });
    }
    await expect(
      'the curves',
      () => readout('Training loss'),
      (texts) => texts.length === 5,
    );
    // At the end of the training, the largest first; smoothed or not, what is named is what was measured.
    assert.deepEqual(await readout('Training loss'), [
      ...['natural 1.39', 'fast 0 0.98', 'fast 1 0.94', 'm2at 0 0.9', 'm2at 1 0.88'],
    ]);
    const note = await curve('Accuracy under pgd-5').locator('.section-caption').innerText();
    assert.equal(note, '100 validation images, others for each seed');
    // What nobody sees is not drawn.
    await curve('Training loss').scrollIntoViewIfNeeded();
    const colours = await page.locator('.row-shown').evaluateAll(colourOfEach);
    const seen = await curve('Training loss').locator('canvas').evaluate(coloursOf);
    assert.equal(new Set(colours).size, 5);
    for (const colour of colours)
      assert.ok(seen.includes(colour), `${colour} is not among ${seen.length} drawn`);
  });

  it('has one cursor and one zoom for all of them, over steps, epochs or time', async () => {
    const loss = curve('Training loss').locator('.u-over');
    const at = async (share: number): Promise<void> => {
      await loss.scrollIntoViewIfNeeded();
      const box = await loss.boundingBox();
      assert.ok(box);
      await page.mouse.move(box.x + box.width * share, box.y + box.height / 2);
    };
    await at(0.5);
    await compare.drawn();
    const places = await page.locator('[data-curve] .plot-step').allInnerTexts();
    assert.deepEqual(new Set(places).size, 1, places.join());
    assert.match(places[0] ?? '', /^step 3[01]$/);
    assert.match((await readout('Training loss'))[0] ?? '', /^natural 1\.6[89]/);
    await page.mouse.down();
    await at(0.6);
    await at(0.75);
    await page.mouse.up();
    const all = page.getByRole('button', { name: 'Show all of the training' });
    await all.waitFor();
    await page.mouse.move(0, 0);
    await compare.drawn();
    // What is named is at the end of what is shown: a quarter before the end.
    assert.match((await readout('Training loss'))[0] ?? '', /^natural 1\.5[45]/);
    await all.click();
    const axis = page.getByLabel('Over', { exact: true });
    await axis.selectOption({ label: 'Epoch' });
    await at(0.5);
    await compare.drawn();
    assert.match(await curve('Training loss').locator('.plot-step').innerText(), /^epoch 1\.5/);
    await axis.selectOption({ label: 'Step' });
    const ticks = async (): Promise<string> =>
      JSON.stringify(await curve('Training loss').locator('canvas').evaluate(hashOf));
    await page.mouse.move(0, 0);
    await compare.drawn();
    const before = await ticks();
    const logarithmic = page.getByRole('checkbox', { name: 'Logarithmic' });
    await logarithmic.setChecked(true);
    await compare.drawn();
    assert.notEqual(await ticks(), before);
    await logarithmic.setChecked(false);
    await compare.drawn();
    assert.equal(await ticks(), before);
  });

  it('leaves runs out of the pictures, and saves them', async () => {
    await page.getByRole('checkbox', { name: 'Show natural in the pictures' }).setChecked(false);
    await compare.drawn();
    assert.equal((await readout('Training loss')).length, 4);
    assert.equal(await page.locator('[data-chart="scatter"] circle').count(), 4);
    await curve('Training loss').getByRole('button', { name: 'PNG', exact: true }).click();
    await expect(
      'the picture',
      async () => (await lastOf('save')) as { name: string },
      ({ name }) => name === 'Training-loss.png',
    );
    await page.getByRole('checkbox', { name: 'Show natural in the pictures' }).setChecked(true);
    await compare.drawn();
  });

  it('shows the samples of the runs beside each other, at any step of the training', async () => {
    const asked = async (): Promise<string[]> => {
      const all = (await posted(page)) as { type: string; run: string; step: number }[];
      return all.filter(({ type }) => type === 'samples').map(({ run, step }) => `${run} ${step}`);
    };
    const each = (step: number): string[] => madeRuns.map(({ name }) => `${idOf(name)} ${step}`);
    const slider = page.getByRole('slider', { name: 'Step of the sample pictures' });
    assert.equal(await slider.getAttribute('aria-valuetext'), 'step 60, the latest');
    assert.deepEqual((await asked()).slice(0, 5), each(60));
    await slider.focus();
    await page.keyboard.press('ArrowLeft');
    await compare.drawn();
    assert.equal(await slider.getAttribute('aria-valuetext'), 'step 40');
    const known = await asked();
    for (const wanted of each(40)) assert.ok(known.includes(wanted), wanted);
    for (const [at, { name }] of madeRuns.entries()) {
      const { grid, png } = madeGrid(40, 40 * at);
      await post(page, { type: 'samples', run: idOf(name), grid, png: Buffer.from(png).toString('base64') });
    }
    const first = page.getByRole('region', { name: 'Samples of fast 1' }).locator('tbody canvas').first();
    await first.waitFor();
    assert.deepEqual(await first.evaluate(firstPixel), [40, 80, 0]);
    // The cursor of the curves goes before.
    const loss = curve('Training loss').locator('.u-over');
    await loss.hover({ position: { x: 130, y: 50 } });
    await compare.drawn();
    assert.match((await slider.getAttribute('aria-valuetext')) ?? '', /^step (1\d|2\d)$/);
    const later = await asked();
    for (const wanted of each(20)) assert.ok(later.includes(wanted), wanted);
    await page.mouse.move(0, 0);
    await expect(
      'the slider again',
      () => slider.getAttribute('aria-valuetext'),
      (text) => text === 'step 40',
    );
  });

  it('moves with runs that go on, and loses those that are gone', async () => {
    const [row] = rows.filter(({ record }) => record.name === 'natural');
    assert.ok(row);
    const measurements = row.measurements.map((one) => ({ ...one, accuracy: 0.77, during: true as const }));
    await post(page, {
      type: 'rows',
      rows: [{ ...row, record: { ...row.record, status: 'running' }, measurements }],
      gone: [idOf('fast 0')],
    });
    await expect(
      'the new number',
      () => compare.cell('natural', 'pgd-20'),
      (text) => text.startsWith('77.0'),
    );
    assert.ok(!(await compare.names()).includes('fast 0'));
    assert.equal(await page.locator('h1').innerText(), 'Compare 4 runs');
  });

  it('is saved as it is shown', async () => {
    await compare.filter('m2at');
    for (const [label, name, pattern] of [
      ['CSV', 'comparison.csv', /^run,method,status,epoch,seed,clean,.*\r\nm2at 0,m2at,done,3\/3,0,0\.84,/],
      ['Markdown', 'comparison.md', /^\| run \| method \| status \| epoch \| seed \| clean \|/],
      ['LaTeX', 'comparison.tex', /\\toprule\n {2}run & method & status & epoch & seed & clean/],
    ] as const) {
      await page.getByRole('button', { name: label, exact: true }).click();
      const saved = (await lastOf('save')) as { name: string; content: string };
      assert.equal(saved.name, name);
      assert.match(saved.content, pattern);
      assert.ok(!saved.content.includes('natural'));
    }
    await compare.filter('');
  });
});
