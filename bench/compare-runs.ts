import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { runDirectory, runFile } from '../src/core/records/run-paths';
import type { ComparedRow } from '../src/core/report/compare/compared-row';
import { readComparedRows } from '../src/core/runs/compared-runs';
import { MetricSeries, type SeriesPart } from '../src/core/runs/metric-series';
import { metricLine } from '../src/core/runs/metrics-file';
import { listRuns } from '../src/core/runs/run-store';
import { BarePage, post } from '../test/e2e/bare-page';
import { root } from '../test/support/root';
import { experiment, final } from '../test/unit/report/compare/rows';
import { runRecord, stepRow } from '../test/unit/webview/rows';
import { machineLine } from './machine';

const RUNS = 200;
const OVERLAID = 100;
const ROWS = 10_000;
const REPEATS = 7;
/** Frames that are measured while the curves are zoomed. */
const FRAMES = 120;

/** Runs in the page: zooms in and out with every frame, and tells how long the frames took, ms. */
const zoomed = `new Promise((done) => {
  const over = document.querySelector('[data-curve="step loss"] .u-over');
  over.scrollIntoView({ block: 'center' });
  const { left, top, width, height } = over.getBoundingClientRect();
  const took = [];
  let before = performance.now();
  let frame = 0;
  let shown = false;
  const next = (now) => {
    shown ||= !document.querySelector('[aria-label="Show all of the training"]').hidden;
    took.push(now - before);
    before = now;
    if (++frame > ${FRAMES}) return done(shown ? took.slice(1) : []);
    const deltaY = frame % 40 < 20 ? -120 : 120;
    over.dispatchEvent(new WheelEvent('wheel', {
      deltaY, ctrlKey: true, bubbles: true, cancelable: true, clientX: left + width * 0.4, clientY: top + height / 2,
    }));
    requestAnimationFrame(next);
  };
  requestAnimationFrame(next);
})`;

/** Runs in the page: draws the table again and tells how long that took, ms, until it is laid out. */
const drawnIn = (message: string): string => `new Promise((done) => {
  const begin = performance.now();
  addEventListener('message', () => requestAnimationFrame(() => requestAnimationFrame(() => {
    document.body.getBoundingClientRect();
    done(performance.now() - begin);
  })), { once: true });
  postMessage(JSON.parse(${JSON.stringify(message)}), '*');
})`;

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[values.length >> 1] ?? NaN;
}

async function writeRuns(folder: string): Promise<void> {
  const steps = Array.from({ length: ROWS }, (_, n) =>
    metricLine(stepRow(n + 1, { loss: 2.3 * Math.exp(-n / 3000) + 0.2 * Math.sin(n * 12.9898) })),
  ).join('');
  for (let n = 0; n < RUNS; n++) {
    const id = `run-${n}`;
    const directory = runDirectory(folder, id);
    await mkdir(directory, { recursive: true });
    const record = runRecord({ id, name: `sweep: seed=${n}`, status: 'done', device: 'onnx-cpu' });
    await writeFile(path.join(directory, runFile.record), JSON.stringify(record));
    await writeFile(
      path.join(directory, runFile.experiment),
      JSON.stringify(experiment({ name: 'pgd-at', epsilon: (n % 8) / 255 }, n)),
    );
    const last = metricLine(final(0.3 + (n % 20) / 100, { step: ROWS }));
    await writeFile(path.join(directory, runFile.metrics), (n < OVERLAID ? steps : '') + last);
  }
}

async function timed<Result>(work: () => Promise<Result>): Promise<[Result, number]> {
  const begin = performance.now();
  const result = await work();
  return [result, performance.now() - begin];
}

async function main(): Promise<void> {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'm2at-bench-compare-'));
  const bare = await BarePage.of(path.join(root, 'dist', 'webview', 'compare'));
  try {
    await writeRuns(folder);
    console.log(`${machineLine(1)}\n`);
    const lists: number[] = [];
    const reads: number[] = [];
    let rows: ComparedRow[] = [];
    for (let repeat = 0; repeat < REPEATS; repeat++) {
      const [all, listed] = await timed(() => listRuns(folder));
      const [read, ms] = await timed(() => readComparedRows(folder, all, all));
      rows = read;
      lists.push(listed);
      reads.push(ms);
    }
    console.log(`Listing ${RUNS} runs: median ${median(lists).toFixed(0)} ms of ${REPEATS}`);
    console.log(`Reading ${RUNS} runs for their table: median ${median(reads).toFixed(0)} ms of ${REPEATS}`);
    const page = await bare.open();
    const state = JSON.stringify({ type: 'state', rows, trusted: true });
    const draws: number[] = [];
    for (let repeat = 0; repeat < REPEATS; repeat++) draws.push(Number(await page.evaluate(drawnIn(state))));
    console.log(
      `Drawing their table: first ${draws[0]?.toFixed(0) ?? ''} ms, median ${median(draws).toFixed(0)} ms of ${REPEATS}`,
    );

    const some = rows.filter(({ record }) => Number(record.id.replace('run-', '')) < OVERLAID);
    await post(page, { type: 'state', rows: some, trusted: true });
    const [parts, ms] = await timed(() =>
      Promise.all(some.map(({ record }) => new MetricSeries(runDirectory(folder, record.id)).read())),
    );
    console.log(`Reading ${OVERLAID} x ${ROWS} rows as columns: ${(ms / 1000).toFixed(1)} s`);
    for (const [at, part] of parts.entries()) {
      const run = some[at]?.record.id;
      if (run !== undefined && part) await post(page, seriesMessage(run, part));
    }
    const loss = page.locator('[data-curve="step loss"]');
    await loss.scrollIntoViewIfNeeded();
    await loss.locator('.u-over').waitFor();
    for (let repeat = 0; repeat < 3; repeat++) {
      const took = await page.evaluate<number[]>(zoomed);
      const middle = median(took);
      console.log(
        `Zooming ${OVERLAID} x ${ROWS} rows: median frame ${middle.toFixed(1)} ms, ${(1000 / middle).toFixed(0)} a second`,
      );
    }
  } finally {
    await bare.close();
    await rm(folder, { recursive: true, force: true });
  }
}

function seriesMessage(run: string, { from, columns, evaluations }: SeriesPart): object {
  const lists = Object.fromEntries(Object.entries(columns).map(([name, values]) => [name, [...values]]));
  return { type: 'series', run, from, columns: lists, evaluations };
}

void main();
