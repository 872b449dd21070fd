import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Browser, Locator, Page } from 'playwright-core';
import * as z from 'zod';
import { CorruptionPictures } from '../../src/core/runs/corruption-pictures';
import { writeCorruptions } from '../../src/core/runs/corruption-store';
import type { Samples } from '../../src/core/runs/grid-file';
import { writeReportPage } from '../../src/core/runs/report-page';
import { runDirectory } from '../../src/core/records/run-paths';
import { attackRecord, madeReport, writeAttackRun } from '../support/attack-run';
import { launchBrowser } from '../support/browser/browser';
import { expect } from '../support/expect';
import { root } from '../support/root';
import { corruptionTableOf } from '../support/corruption-table';
import { transferRow } from '../support/transfer-row';

/** Runs in the page before its own scripts. Text, as this side has no DOM types. */
const watchPolicy = `
  window.violations = [];
  addEventListener('securitypolicyviolation', (event) => {
    window.violations.push(event.violatedDirective + ' ' + event.blockedURI);
  });`;

/** Red of the first pixel of the enlarged picture. */
const shownPixel = `
  document.querySelector('dialog[open] canvas').getContext('2d').getImageData(0, 0, 1, 1).data[0]`;

/** Runs in the page. */
const firstReds = (canvases: unknown[]): number[] =>
  (canvases as Canvas[]).map((canvas) => canvas.getContext('2d').getImageData(0, 0, 1, 1).data[0] ?? NaN);
interface Canvas {
  getContext(kind: '2d'): { getImageData(...place: number[]): { readonly data: readonly number[] } };
}

/** Rows of colours: row n and column m has 100 n + 20 m of red; only the last answer is wrong. */
async function corruptedPictures(): Promise<Samples> {
  const size = { height: 4, width: 4, channels: 3 };
  const red = (value: number): Uint8Array =>
    Uint8Array.from({ length: 48 }, (_, i) => (i % 3 === 0 ? value : 0));
  const image = { pixels: red(0), ...size };
  const pictures = new CorruptionPictures({ image, index: 3, label: 0, classNames: ['one', 'two'] }, [1, 5]);
  const answers = [
    { label: 0, confidence: 0.9 },
    { label: 1, confidence: 0.4 },
  ] as const;
  pictures.add([100, 120].map((value) => ({ pixels: red(value), answer: answers[0] })));
  pictures.add([200, 220].map((value, n) => ({ pixels: red(value), answer: answers[n] })));
  return pictures.samples();
}

describe('The page of a report in a browser', function () {
  this.timeout(120_000);
  let folder: string;
  // Each test goes on where the one before it left the page.
  this.bail(true);
  let file: string;
  let browser: Browser;
  let page: Page;
  let complaints: string[] = [];

  before(async () => {
    folder = await mkdtemp(path.join(os.tmpdir(), 'm2at-page-'));
    await writeAttackRun(folder);
    const transfer = { version: 1, warnings: ['Of some attacks only a part.'], rows: [transferRow()] };
    await writeFile(
      path.join(runDirectory(folder, attackRecord.id), 'transfer.json'),
      JSON.stringify(transfer),
    );
    await writeCorruptions(runDirectory(folder, attackRecord.id), {
      table: corruptionTableOf([30, 10, 36, 20]),
      pictures: await corruptedPictures(),
    });
    file = await writeReportPage({
      root: folder,
      id: attackRecord.id,
      bundle: path.join(root, 'dist', 'webview'),
    });
    browser = await launchBrowser();
    page = await open(file);
  });
  after(async () => {
    await browser.close();
    await rm(folder, { recursive: true, force: true });
  });

  async function open(shown: string): Promise<Page> {
    const opened = await browser.newPage({ viewport: { width: 1400, height: 900 }, colorScheme: 'light' });
    opened.setDefaultTimeout(20_000);
    complaints = [];
    opened.on('console', (message) => {
      if (message.type() !== 'info' && message.type() !== 'log') complaints.push(message.text());
    });
    opened.on('pageerror', (error) => complaints.push(error.message));
    opened.on('request', (request) => {
      if (!request.url().startsWith('file:')) complaints.push(`asks for ${request.url()}`);
    });
    await opened.addInitScript(watchPolicy);
    await opened.goto(pathToFileURL(shown).href);
    await opened.locator('main:not(.is-loading)').waitFor();
    return opened;
  }

  const gallery = (): Locator => page.getByRole('region', { name: 'Gallery' });
  const rows = (): Locator => gallery().locator('.sample-table tbody tr');
  const choice = (name: string): Locator => gallery().getByRole('combobox', { name, exact: true });
  const names = async (): Promise<string[]> => rows().locator('.sample-name').allInnerTexts();
  const shows = (count: number): Promise<unknown> =>
    expect(
      `${count} rows`,
      () => rows().count(),
      (found) => found === count,
    );

  it('shows the run with its numbers, and no actions', async () => {
    assert.equal(await page.locator('h1').innerText(), attackRecord.name);
    assert.equal(await page.title(), attackRecord.name);
    const numbers = await page.locator('.key-numbers').innerText();
    assert.match(numbers, /Clean accuracy\s+83\.3\s%/);
    assert.match(numbers, /autoattack standard linf 8\/255\s+26\.7\s%/);
    assert.match(await page.getByRole('list', { name: 'Warnings' }).innerText(), /masked/);
    assert.equal(await page.getByRole('toolbar', { name: 'Run' }).isVisible(), false);
    for (const action of ['Stop', 'Resume', 'Attack…', 'Log', 'Folder']) {
      assert.equal(await page.getByRole('button', { name: action, exact: true }).count(), 0, action);
    }
    assert.doesNotMatch(await page.locator('main').innerText(), /Restricted Mode/);
  });

  it('shows what other networks make of the examples', async () => {
    const transfer = page.getByRole('region', { name: 'Transfer to other networks' });
    const cells = await transfer.locator('tbody tr').first().locator('th, td').allInnerTexts();
    assert.deepEqual(cells.slice(0, 3), ['fgsm linf 8/255', 'b.onnx', '40']);
    assert.match(cells.at(-1) ?? '', /^20 of 25/);
    assert.match(await transfer.innerText(), /Of some attacks only a part/);
  });

  it('shows accuracy under corruptions, with one image under each', async () => {
    const section = page.getByRole('region', { name: 'Common corruptions' });
    assert.match(
      await section.innerText(),
      /Corruptions computed here, with the constants of CIFAR-10-C; 40 images/,
    );
    assert.match(await section.innerText(), /Mean accuracy 60\.0\s% \(44\.6–73\.7\)/);
    await section.locator('canvas').first().waitFor();
    const lines = section.locator('tbody tr');
    assert.deepEqual(await lines.locator('th').allInnerTexts(), [
      'No corruption',
      'Frost weather',
      'Fog weather',
      'Mean',
    ]);
    const frost = lines.nth(1).locator('td');
    assert.deepEqual(
      (await frost.allInnerTexts()).map((text) => text.trim()),
      ['75.0\u202f%', '25.0\u202f%', '50.0\u202f%'],
    );
    assert.match((await frost.first().getAttribute('title')) ?? '', /95\s% interval .* of 40 images/);
    // Red of the picture: of row n and column m 100 n + 20 m.
    const reds = await section.locator('canvas').evaluateAll(firstReds);
    assert.deepEqual(reds, [0, 100, 120, 200, 220]);
    const wrong = await section.locator('canvas').last().getAttribute('title');
    assert.match(wrong ?? '', /^predicted two with 40\s%, wrong$/);
  });

  it('has the 95 % interval of an accuracy in its table, and on hover', async () => {
    const row = page.locator('tr.bar-row', { hasText: 'No attack' });
    assert.match(await row.innerText(), /83\.3\s%\s+66\.4–92\.7\s%/);
    assert.equal(await row.getByTitle(/^95\s% interval 66\.4–92\.7\s%, of 30 images$/).count(), 1);
    assert.equal(
      await page.locator('[data-key="clean"]').getAttribute('title'),
      '95\u202f% interval 66.4–92.7\u202f%, of 30 images',
    );
    const ship = page.locator('.class-bars tbody tr', { hasText: 'ship' });
    assert.equal(await ship.getByTitle(/^\d+ of 10 images\s95\s% interval /).count(), 2);
  });

  it('shows curves, norms and classes, each with its numbers as a table', async () => {
    const curves = page.getByRole('region', { name: 'Accuracy against epsilon' });
    assert.equal(await curves.locator('canvas').count(), 2, 'a plot for L-inf and one for L2');
    await curves.getByRole('button', { name: /L∞ epsilon as a table/ }).click();
    const curve = await curves.locator('.data-table:visible tbody tr').allInnerTexts();
    assert.match(curve[0] ?? '', /^0\/255\s+83\.3\s% \(66\.4–92\.7\)/);

    const norms = page.getByRole('region', { name: 'Smallest perturbations' });
    assert.equal(await norms.locator('.histogram-median').count(), 1);
    await norms.getByRole('button', { name: /as a table/ }).click();
    assert.match(await norms.locator('.data-table').innerText(), /Median: 0\.8/);

    const confusion = page.getByRole('table', { name: /Predictions under attack/ });
    assert.deepEqual(await confusion.locator('tbody th').allInnerTexts(), ['airplane', 'ship', 'frog']);
    await page.getByRole('radiogroup', { name: 'Predictions on' }).getByText('Clean').click();
    const clean = page.getByRole('table', { name: /Predictions on clean images/ });
    const cells = await clean.locator('tbody tr').last().locator('td').allInnerTexts();
    assert.deepEqual(cells, ['5', '', '5'], 'every sixth image, a frog, is wrong before any attack');
  });

  it('filters and sorts the gallery, and shows what it decodes only then', async () => {
    await shows(12);
    await gallery().getByText('Fooled (15 of 15)').click();
    await gallery()
      .getByRole('button', { name: /Show 3 more/ })
      .click();
    await shows(15);
    await choice('Class').selectOption({ label: 'airplane' });
    await shows(5);
    assert.match((await names())[1] ?? '', /airplane\s+#6\s+L∞ 8\/255/);
    await gallery().getByText('Robust (5 of 5)').waitFor();
    await choice('Class').selectOption({ label: 'any' });

    await choice('Attack').selectOption({ label: 'deepfool l2' });
    await gallery()
      .locator('.section-caption', { hasText: '25 pictures of 30 images under deepfool l2' })
      .waitFor();
    await choice('Sort by').selectOption({ label: 'Largest norm' });
    await expect('the largest first', names, ([first]) => /#28\s+L2 1\.5/.test(first ?? ''));
    await choice('Predicted').selectOption({ label: 'ship' });
    for (const name of await names()) assert.match(name, /airplane|frog/);
  });

  it('enlarges a picture, steps through the rows in their order, and closes', async () => {
    await choice('Predicted').selectOption({ label: 'any' });
    await rows().first().locator('.tile').last().click();
    const dialog = page.getByRole('dialog');
    assert.match(await dialog.innerText(), /#28\s+Label\s+ship\s+L2 norm\s+1\.5/);
    await page.keyboard.press('ArrowDown');
    assert.match(await dialog.innerText(), /#27/);
    const pixel = await page.evaluate<unknown>(shownPixel);
    assert.ok(Math.abs(z.int().parse(pixel) - 255 * (1 - 27 / 30)) <= 1, `red is ${String(pixel)}`);
    await page.keyboard.press('Escape');
    await dialog.waitFor({ state: 'hidden' });
  });

  it('states the settings of the run', async () => {
    const settings = page.getByText('Settings of this run');
    await settings.click();
    const attack = page.getByRole('table', { name: 'square linf 8/255' });
    assert.match(await attack.innerText(), /queries\s+5000/);
    await page.getByRole('table', { name: 'Images', exact: true }).waitFor();
  });

  it('follows the colours of the system, and is light on paper', async () => {
    const background = async (): Promise<unknown> =>
      page.evaluate<unknown>('getComputedStyle(document.body).backgroundColor');
    const light = await background();
    await page.emulateMedia({ colorScheme: 'dark' });
    await expect('a dark page', background, (now) => now !== light);
    await page.emulateMedia({ media: 'print', colorScheme: 'dark' });
    await expect('light paper', background, (now) => now === light);
    await page.emulateMedia({ media: 'screen', colorScheme: 'light' });
  });

  it('does nothing that its policy forbids, and needs nothing else', async () => {
    assert.deepEqual(await page.evaluate<unknown>('window.violations'), []);
    assert.deepEqual(complaints, []);
  });

  it('leaves out what the run has nothing of', async () => {
    const bare = path.join(folder, 'bare.html');
    const whole = await readFile(file, 'utf8');
    const { analysis } = madeReport();
    const empty = whole.replace(
      JSON.stringify(analysis),
      JSON.stringify({ ...analysis, curves: [], norms: [] }),
    );
    assert.notEqual(empty, whole);
    await writeFile(bare, empty);
    const other = await open(bare);
    await other.getByRole('heading', { name: 'Classes', exact: true }).waitFor();
    await other.locator('.sample-table .tile').first().waitFor();
    for (const title of ['Accuracy against epsilon', 'Smallest perturbations']) {
      assert.equal(await other.getByRole('heading', { name: title }).count(), 0, title);
    }
    await other.close();
  });

  it('says so when it holds no run', async () => {
    const broken = path.join(folder, 'broken.html');
    const text = await readFile(file, 'utf8');
    await writeFile(broken, text.replace('"type":"state"', '"type":"other"'));
    const other = await open(broken);
    await other.getByRole('alert').getByText('does not hold a run').waitFor();
    await other.close();
  });
});
