import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { float32 } from '../../src/core/engine/arrays/nd-array';
import type { MetricRow, RunRecord, SampleGrid } from '../../src/core/records/run-files';
import { runDirectory, runFile } from '../../src/core/records/run-paths';
import { robustInterval } from '../../src/core/report/accuracy-intervals';
import { writeGrid } from '../../src/core/runs/grid-file';
import { metricLine } from '../../src/core/runs/metrics-file';
import { encodePicture, type PictureColumn } from '../../src/core/runs/picture';
import { writeReport } from '../../src/core/runs/report-file';
import { attacked, experiment, final, first } from '../unit/report/compare/rows';
import { evaluationRow, runRecord, stepRow } from '../unit/webview/rows';

export interface MadeRun {
  readonly name: string;
  readonly method: { readonly name: string; readonly epsilon?: number };
  readonly seed: number;
  readonly clean: number;
  readonly robust: number;
  readonly status?: RunRecord['status'];
}

export const madeRuns: readonly [MadeRun, ...MadeRun[]] = [
  { name: 'natural', method: { name: 'standard' }, seed: 0, clean: 0.92, robust: 0.01 },
  { name: 'fast 0', method: { name: 'fgsm-rs', epsilon: 8 / 255 }, seed: 0, clean: 0.8, robust: 0.42 },
  { name: 'fast 1', method: { name: 'fgsm-rs', epsilon: 8 / 255 }, seed: 1, clean: 0.82, robust: 0.46 },
  { name: 'm2at 0', method: { name: 'm2at', epsilon: 8 / 255 }, seed: 0, clean: 0.84, robust: 0.5 },
  { name: 'm2at 1', method: { name: 'm2at', epsilon: 8 / 255 }, seed: 1, clean: 0.83, robust: 0.52 },
];
export const idOf = (name: string): string => `run-${name.replace(' ', '-')}`;

const STEPS = 60;
const PERIOD = 20;

/** What a run measured: its loss falls, and its robust accuracy rises to the final one. */
export function rowsOf({ robust, clean, status = 'done' }: MadeRun): MetricRow[] {
  const steps = Array.from({ length: STEPS }, (_, n): MetricRow[] => {
    const step = n + 1;
    const row = stepRow(step, { loss: 2 - robust - step / 100, epoch: step / 20 });
    if (step % PERIOD !== 0) return [row];
    const share = step / STEPS;
    const during = {
      count: 100,
      split: 'validation' as const,
      cleanAccuracy: clean * share,
      epoch: step / 20,
    };
    const attacks = [{ attack: 'pgd-5 linf 8/255', robustAccuracy: robust * share, seconds: 1 }];
    return [row, evaluationRow(step, { ...during, robustAccuracy: robust * share, attacks })];
  }).flat();
  return status === 'done' ? [...steps, final(robust, { step: STEPS, cleanAccuracy: clean })] : steps;
}

/** Writes the runs, three grids of pictures of each, and an attack with a curve on the checkpoint of the last one. */
export async function writeComparedRuns(root: string, runs: readonly MadeRun[] = madeRuns): Promise<void> {
  for (const [at, run] of runs.entries()) {
    const { name, method, seed, status = 'done' } = run;
    const id = idOf(name);
    const folder = runDirectory(root, id);
    await mkdir(folder, { recursive: true });
    const record = runRecord({
      ...{ id, name, status, startedAt: `2026-01-02T03:04:${String(at).padStart(2, '0')}.000Z` },
      group: { id: 'g-1', name: 'compared', index: at + 1, size: runs.length },
      progress: { step: STEPS, steps: STEPS, epoch: 3, epochs: 3 },
    });
    await writeFile(path.join(folder, runFile.record), JSON.stringify(record));
    await writeFile(path.join(folder, runFile.experiment), JSON.stringify(experiment(method, seed)));
    await writeFile(path.join(folder, runFile.metrics), rowsOf(run).map(metricLine).join(''));
    for (const step of [PERIOD, 2 * PERIOD, STEPS]) {
      await writeGrid(path.join(folder, runFile.samples), step, madeGrid(step, 40 * at));
    }
  }
  const last = runs.at(-1);
  if (!last) return;
  const { record, report } = attacked(last.name.replace(' ', '-'), last.robust - 0.12, first(500));
  const folder = runDirectory(root, record.id);
  await mkdir(folder, { recursive: true });
  await writeFile(
    path.join(folder, runFile.record),
    JSON.stringify({ ...record, startedAt: '2026-01-02T03:05:00.000Z' }),
  );
  const source = { kind: 'dataset', parameters: { name: 'cifar10', testCount: 500 } };
  await writeFile(path.join(folder, runFile.attack), JSON.stringify({ source }));
  const points = [0, 4 / 255, 8 / 255, 16 / 255].map((epsilon, n) => {
    const robustAccuracy = [0.83, 0.6, 0.4, 0.1][n] ?? 0;
    return { epsilon, robustAccuracy, ...robustInterval(robustAccuracy, 500) };
  });
  await writeReport(folder, {
    ...report,
    analysis: {
      ...{ classes: [], confusion: { clean: [], adversarial: [] }, norms: [] },
      ...{ curves: [{ title: 'pgd-20 linf', norm: 'linf', kind: 'measured', points }], attacks: [] },
    },
  });
}

const SIZE = 4;

/** One image in two columns; the red of the first is the step, its green what tells the runs apart. */
export function madeGrid(
  step: number,
  green: number,
): { readonly grid: SampleGrid; readonly png: Uint8Array<ArrayBuffer> } {
  const column = (red: number, own: number, blue: number): PictureColumn => {
    const data = Float32Array.from(
      { length: SIZE * SIZE * 3 },
      (_, at) => ([red, own, blue][at % 3] ?? 0) / 255,
    );
    return { kind: 'image', data: float32(data, [1, SIZE, SIZE, 3]) };
  };
  const png = encodePicture([column(step, green, 0), column(200, 200, 200)], 1);
  const grid: SampleGrid = {
    ...{ step, epoch: step / 20, imageSize: { height: SIZE, width: SIZE }, classNames: ['one', 'two'] },
    columns: [
      { key: 'x', title: 'Clean', kind: 'image', name: 'clean', symbol: 'x' },
      { key: 'xAdv', title: 'Adversarial', kind: 'image', name: 'adversarial', symbol: 'x′' },
    ],
    rows: [{ index: 3, label: 1, predictions: { x: { label: 1, confidence: 0.9 } } }],
  };
  return { grid, png };
}
