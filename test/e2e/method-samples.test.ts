import assert from 'node:assert/strict';
import { decode } from 'fast-png';
import { rm } from 'node:fs/promises';
import path from 'node:path';
import type { Page } from 'playwright-core';
import * as z from 'zod';
import { openDevice } from '../../src/core/engine/devices/devices';
import type { Device } from '../../src/core/engine/devices/device';
import { methods } from '../../src/core/methods';
import type { SampleGrid } from '../../src/core/records/run-files';
import { runDirectory } from '../../src/core/records/run-paths';
import { readRun } from '../../src/core/runs/run-store';
import { trainRun } from '../../src/core/training/train-run';
import { expect } from '../support/expect';
import { root } from '../support/root';
import { temporaryRoot, tinyDataset, tinyExperiment } from '../unit/training/tiny-task';
import { BarePage, post } from './bare-page';

/** Runs in the page: what it shows of the samples. Text, as this side has no DOM types. */
const readTable = `({
  columns: [...document.querySelectorAll('.sample-table thead th')].slice(1).map((cell) => ({
    lines: [...cell.children].map((line) => line.textContent),
    hint: cell.title,
  })),
  rows: [...document.querySelectorAll('.sample-table tbody tr')].map((row) => ({
    name: [...row.querySelector('th').children].map((line) => line.textContent),
    tiles: [...row.querySelectorAll('canvas')].map((canvas) => {
      const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
      return [...data].filter((_, at) => at % 4 !== 3);
    }),
    captions: [...row.querySelectorAll('.tile-caption')].map((caption) => caption.textContent),
    verdicts: [...row.querySelectorAll('.tile')].map(
      (tile) => tile.querySelector('.prediction')?.classList.contains('right') ? 'right'
        : tile.querySelector('.prediction.wrong') ? 'wrong' : undefined),
  })),
})`;
const table = z.object({
  columns: z.array(z.object({ lines: z.array(z.string()), hint: z.string() })),
  rows: z.array(
    z.object({
      name: z.array(z.string()),
      tiles: z.array(z.array(z.int())),
      captions: z.array(z.string()),
      verdicts: z.array(z.string().optional()),
    }),
  ),
});

describe('The pictures of a method, in the dashboard', function () {
  this.timeout(120_000);
  const dataset = tinyDataset();
  let bare: BarePage;
  let page: Page;
  let device: Device;
  let folder: string;

  before(async () => {
    device = await openDevice('onnx-cpu', { threads: 1 });
    bare = await BarePage.of(path.join(root, 'dist', 'webview', 'dashboard'));
    folder = await temporaryRoot();
  });
  beforeEach(async () => {
    page = await bare.open();
  });
  afterEach(() => page.close());
  after(async () => {
    await bare.close();
    await device.dispose();
    await rm(folder, { recursive: true });
  });

  /** Of the first method of the list, ordinary training: what another one that needs a network can take. */
  let firstRun: string | undefined;
  const changed = [{ mixup: {} }, { cutmix: { probability: 1 } }, { cutout: { size: 4 } }];
  const cases = [
    ...methods.map(({ name, files }) => ({ title: name, name, files, options: {} })),
    ...changed.map((options) => {
      const name = 'pgd-at';
      return { title: `${name} with ${Object.keys(options).join()}`, name, files: [], options };
    }),
  ];
  for (const { title, name, files, options } of cases) {
    it(`of ${title} are drawn as they were made, under its own headings, with its numbers`, async () => {
      const experiment = tinyExperiment({
        name,
        method: { name, ...Object.fromEntries(files.map((key) => [key, firstRun])) },
        options,
        training: { epochs: 1, batchSize: 8, schedule: { name: 'cyclic', learningRate: 0.1 } },
      });
      const signal = new AbortController().signal;
      const resources = { dataset, device };
      const { id } = await trainRun({
        experiment,
        root: folder,
        signal,
        onEvent: () => undefined,
        resources,
      });
      firstRun ??= runDirectory(folder, id);
      const { record, samples } = await readRun(folder, id);
      assert.ok(samples);
      const { grid } = samples;
      const facts = { live: false, checkpoint: true, paused: false };
      const png = Buffer.from(samples.png).toString('base64');
      await post(page, { type: 'state', record, rows: [], ...facts, trusted: true });
      await post(page, { type: 'samples', grid, png });
      const headings = grid.columns.map(({ title, symbol = title, name: what = '' }) => [symbol, what]);
      const shown = await expect(
        `the samples of ${title}`,
        async () => table.parse(await page.evaluate<unknown>(readTable)),
        ({ columns, rows }) =>
          rows.length === grid.rows.length &&
          JSON.stringify(columns.map(({ lines }) => lines)) === JSON.stringify(headings),
      );

      for (const [n, { title, about = '' }] of grid.columns.entries()) {
        const hint = shown.columns[n]?.hint ?? '';
        assert.ok(hint.startsWith(title) && hint.endsWith(about), hint);
      }
      const picture = decode(samples.png);
      for (const [n, row] of shown.rows.entries()) {
        const sample = grid.rows[n];
        assert.ok(sample);
        const label = grid.classNames[sample.label];
        assert.deepEqual(row.name, [label, `#${sample.index}`, ...factLines(grid, n)]);
        for (const [column, { key }] of grid.columns.entries()) {
          assert.deepEqual(row.tiles[column], tileOf(picture, grid, n, column), `${key} of row ${n}`);
          const { answer, verdict } = answerOn(sample, key, grid);
          assert.ok(row.captions[column]?.startsWith(answer), `${key} of row ${n}`);
          assert.equal(row.verdicts[column], verdict, `${key} of row ${n}`);
        }
      }
    });
  }
});

/** The network's answer on a picture of a row, and whether it is the class that the picture shows; neither where there is none. */
function answerOn(
  { label, predictions }: SampleGrid['rows'][number],
  key: string,
  { classNames }: SampleGrid,
): { readonly answer: string; readonly verdict: string | undefined } {
  const prediction = predictions[key];
  if (!prediction) return { answer: '', verdict: undefined };
  const right = prediction.label === (prediction.shows ?? label);
  return { answer: classNames[prediction.label] ?? '?', verdict: right ? 'right' : 'wrong' };
}

/** The numbers of an image as text, each beside its symbol or name. */
function factLines({ rows, classNames }: SampleGrid, row: number): string[] {
  return (rows[row]?.facts ?? []).map(({ name, symbol = name, value, format }) => {
    assert.ok(value !== null, name);
    if (format === 'class') return `${symbol} ${classNames[value] ?? '?'}`;
    if (format === 'percent') return `${symbol} ${(100 * value).toFixed(0)}\u202f%`;
    const text = value !== 0 && Math.abs(value) < 0.1 ? value.toPrecision(2) : value.toFixed(2);
    return `${symbol} ${text.replaceAll('-', '−')}`;
  });
}

/** Red, green and blue of a tile's pixels. */
function tileOf(
  { data, width }: ReturnType<typeof decode>,
  { imageSize }: SampleGrid,
  row: number,
  column: number,
): number[] {
  return Array.from({ length: imageSize.height }, (_, y) => {
    const from = ((row * imageSize.height + y) * width + column * imageSize.width) * 3;
    return [...data.subarray(from, from + 3 * imageSize.width)];
  }).flat();
}
