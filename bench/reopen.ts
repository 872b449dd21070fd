import { mkdtemp, mkdir, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { Command } from 'commander';
import type { Page } from 'playwright-core';
import { wholeNumber } from '../src/cli/commands/common';
import type { MetricRow, RunRecord } from '../src/core/records/run-files';
import { runFile } from '../src/core/records/run-paths';
import { reduce } from '../src/core/records/run-state';
import { inColumns } from '../src/core/records/step-columns';
import { metricLine } from '../src/core/runs/metrics-file';
import { runDirectory } from '../src/core/runs/run-store';
import { RunFollower } from '../src/extension/runs/run-follower';
import { newRunState } from '../src/extension/runs/run-state';
import { BarePage } from '../test/e2e/bare-page';
import { median } from './alternate';
import { machineLine } from './machine';
import { root } from './root';

const STEPS_PER_EPOCH = 391;
const EVERY_EPOCHS = 5;

const record: RunRecord = {
  version: 1,
  id: '2026-01-02-030405-long-0001',
  kind: 'train',
  name: 'long',
  status: 'done',
  startedAt: '2026-01-02T03:04:05.000Z',
  endedAt: '2026-01-03T03:04:05.000Z',
  device: 'onnx-cpu',
  versions: { m2at: '0.0.1' },
};

/** Rows like those of a training, with an evaluation every few epochs; the same ones each time. */
function* rowsOf(count: number): Generator<MetricRow> {
  let random = 1;
  const noise = (): number => (random = (random * 48271) % 2147483647) / 2147483647;
  for (let step = 1; step <= count; step++) {
    const common = { step, epoch: step / STEPS_PER_EPOCH, elapsedSeconds: step * 0.8371 + noise() };
    const share = step / count;
    const loss = Math.fround(2.3 - share + noise() / 5);
    yield {
      kind: 'step',
      ...common,
      loss,
      batchAccuracy: Math.round(128 * (0.1 + share / 2 + noise() / 20)) / 128,
      learningRate: 0.1 * (1 - share),
      imagesPerSecond: 150 + 10 * noise(),
    };
    if (step % (EVERY_EPOCHS * STEPS_PER_EPOCH) !== 0) continue;
    const robust = 0.1 + share / 3;
    yield {
      kind: 'evaluation',
      ...common,
      ...{ final: false, count: 1000, split: 'test', loss },
      ...{ cleanAccuracy: 0.2 + share / 2, cleanAccuracyInterval: [0.2, 0.8] },
      ...{ robustAccuracy: robust, robustAccuracyInterval: [robust - 0.03, robust + 0.03] },
      attacks: [
        {
          attack: 'pgd-10 linf 8/255',
          robustAccuracy: robust,
          robustAccuracyInterval: [robust - 0.03, robust + 0.03],
          seconds: 3,
        },
      ],
    };
  }
}

/** Arrays of numbers travel beside the message, as VS Code sends them. */
function written(message: object): string {
  return JSON.stringify(message, (_, value: unknown) =>
    value instanceof Float64Array ? { float64: Buffer.from(value.buffer).toString('base64') } : value,
  );
}

/** In the page: posts a message, and tells how long it took until the plots that follow from it were on the screen, ms. */
const posted = (message: string): string => `new Promise((done) => {
  const message = JSON.parse(${JSON.stringify(message)}, (_, value) =>
    typeof value?.float64 === 'string'
      ? new Float64Array(Uint8Array.from(atob(value.float64), (byte) => byte.charCodeAt(0)).buffer)
      : value,
  );
  setTimeout(() => {
    const start = performance.now();
    const look = () => {
      if (document.querySelector('.line-plot canvas')) setTimeout(() => done(performance.now() - start));
      else requestAnimationFrame(look);
    };
    requestAnimationFrame(look);
    window.postMessage(message, '*');
  }, 500);
})`;

interface Times {
  readonly read: number;
  readonly message: number;
  readonly page: number;
}

async function once(folder: string, bare: BarePage): Promise<Times> {
  const start = performance.now();
  const follower = new RunFollower(folder, record.id);
  const changes = await follower.read();
  const state = newRunState(record);
  for (const event of changes?.events ?? []) reduce(state, event);
  const read = performance.now();
  const message = {
    type: 'state',
    record: state.record,
    ...inColumns(state.rows.all),
    ...{ live: false, checkpoint: false, paused: false, trusted: true },
  };
  structuredClone(message);
  const sent = performance.now();
  const page: Page = await bare.open();
  const shown = Number(await page.evaluate<unknown>(posted(written(message))));
  await page.close();
  return { read: read - start, message: sent - read, page: shown };
}

async function measure({ rows, times }: { rows: number; times: number }): Promise<void> {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'm2at-reopen-'));
  const bare = await BarePage.of(path.join(root, 'dist', 'webview', 'dashboard'));
  try {
    const directory = runDirectory(folder, record.id);
    await mkdir(directory, { recursive: true });
    await writeFile(path.join(directory, runFile.record), JSON.stringify(record));
    await writeFile(path.join(directory, runFile.metrics), [...rowsOf(rows)].map(metricLine).join(''));
    console.log(machineLine(1));
    const all: Times[] = [];
    for (let n = 0; n < times; n++) all.push(await once(folder, bare));
    const of = (part: (one: Times) => number): string => `${median(all.map(part)).toFixed(0).padStart(6)} ms`;
    console.log(`A run of ${rows} rows, medians of ${times}:`);
    console.log(`${of(({ read }) => read)}  read, checked, reduced`);
    console.log(`${of(({ message }) => message)}  written as a message and read`);
    console.log(`${of(({ page }) => page)}  validated by the page, and drawn`);
    console.log(`${of(({ read, message, page }) => read + message + page)}  together`);
  } finally {
    await bare.close();
    await rm(folder, { recursive: true, force: true });
  }
}

new Command('bench:reopen')
  .description('How long it takes until a run of many rows is shown that is opened again, in a browser.')
  .option('--rows <n>', 'steps of the run', wholeNumber(1), 100_000)
  .option('--times <n>', 'how often it is opened', wholeNumber(1), 7)
  .action(measure)
  .parseAsync()
  .catch((error: unknown) => {
    console.error(error);
    process.exitCode = 1;
  });
