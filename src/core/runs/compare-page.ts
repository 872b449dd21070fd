import path from 'node:path';
import { writeFileAtomic } from '../files/atomic-file';
import { htmlPage, type PlainTable } from '../report/html-page';
import { arrangedTable } from '../report/compare/arranged-table';
import { compareHeads } from '../report/compare/compare-formats';
import type { CompareView } from '../report/compare/compare-view';
import type { ComparedRow } from '../report/compare/compared-row';
import { runDirectory, runFile } from '../records/run-paths';
import { readGrid } from './grid-file';
import { MetricSeries, type SeriesPart } from './metric-series';
import { pageBundleFolder, readPageBundle } from './page-bundle';

/** Points of a curve on a page: no screen shows more. */
const MOST_POINTS = 2000;
/** Of all pictures of a page together, before they become base64. */
const MOST_PICTURE_BYTES = 2 ** 23;

export interface ComparePageOptions {
  /** Where a run's folder of runs is. */
  readonly rootOf: (run: string) => string | undefined;
  readonly rows: readonly ComparedRow[];
  readonly view: CompareView;
  /** Holds `compare.js` and `compare.css`. */
  readonly bundle?: string | undefined;
}

/** Writes a comparison as one page that needs nothing else. @throws M2atError `unsupported` without the page's bundle; `io` */
export async function writeComparePage(file: string, options: ComparePageOptions): Promise<void> {
  await writeFileAtomic(file, await comparePage(options));
}

/** The page itself: the table as it is looked at, every curve, and the latest sample pictures of each run. */
export async function comparePage({ rootOf, rows, view, bundle }: ComparePageOptions): Promise<string> {
  const parts = await readPageBundle(bundle ?? pageBundleFolder, 'compare');
  const runs = [...new Map(rows.map((row) => [row.record.id, row])).values()];
  const messages: unknown[] = [{ type: 'state', rows, view, trusted: false }];
  let room = MOST_PICTURE_BYTES;
  let left = 0;
  for (const { record, sampleSteps } of runs) {
    const root = rootOf(record.id);
    if (root === undefined || record.kind !== 'train') continue;
    const directory = runDirectory(root, record.id);
    const series = await new MetricSeries(directory).read().catch(() => undefined);
    if (series) messages.push(seriesMessage(record.id, series));
    const step = sampleSteps.at(-1);
    if (step === undefined) continue;
    const samples = await readGrid(path.join(directory, runFile.samples), step).catch(() => undefined);
    room -= samples?.png.length ?? 0;
    if (!samples) continue;
    if (room < 0) left++;
    else messages.push({ type: 'samples', run: record.id, grid: samples.grid, png: base64(samples.png) });
  }
  const arranged = arrangedTable(rows, view);
  const plain: PlainTable = {
    heading: `Comparison of ${runs.length} runs`,
    titles: compareHeads(arranged),
    rows: arranged.lines.map(({ cells }) => cells.map(({ text }) => text)),
    after: 'Curves and pictures need scripts.',
    warnings: [],
  };
  const notes =
    left > 0 ? [`Pictures of ${left} runs are left out; they are in the folders of the runs.`] : [];
  return htmlPage({ title: plain.heading, state: { messages }, notes, plain, ...parts });
}

/** Its columns as float32 in base64, thinned to what a screen shows: of each stretch the first, the smallest and the largest loss. */
function seriesMessage(run: string, { columns, evaluations }: SeriesPart): unknown {
  const places = thinned(columns.loss ?? columns.step ?? new Float64Array());
  const shown = Object.entries(columns).map(([name, values]) => [
    name,
    base64(new Uint8Array(Float32Array.from(places, (at) => values[at] ?? NaN).buffer)),
  ]);
  return { type: 'series', run, from: 0, columns: Object.fromEntries(shown) as unknown, evaluations };
}

function thinned(values: Float64Array): number[] {
  const { length } = values;
  if (length <= MOST_POINTS) return [...values.keys()];
  const stretches = Math.floor(MOST_POINTS / 3);
  const kept = new Set<number>([length - 1]);
  for (let n = 0; n < stretches; n++) {
    const [from, to] = [n, n + 1].map((at) => Math.floor((at * length) / stretches));
    let [low, high] = [from ?? 0, from ?? 0];
    for (let at = from ?? 0; at < (to ?? 0); at++) {
      if ((values[at] ?? NaN) < (values[low] ?? NaN)) low = at;
      if ((values[at] ?? NaN) > (values[high] ?? NaN)) high = at;
    }
    for (const at of [from ?? 0, low, high]) kept.add(at);
  }
  return [...kept].sort((a, b) => a - b);
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64');
}
