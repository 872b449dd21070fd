import type { EvaluationRow, MetricRow, RunRecord, StepRow } from '../../../src/core/records/run-files';
import type { RunSeries } from '../../../webview/state/run-series';

export function append(series: RunSeries, rows: readonly MetricRow[]): void {
  for (const row of rows) series.append(row);
}

/** A step row; `step` decides the rest. */
export function stepRow(step: number, change: Partial<StepRow> = {}): StepRow {
  return {
    kind: 'step',
    step,
    epoch: step / 100,
    elapsedSeconds: step / 10,
    loss: 2 - step / 1000,
    batchAccuracy: 0.25,
    learningRate: 0.1,
    imagesPerSecond: 400,
    ...change,
  };
}

export function evaluationRow(step: number, change: Partial<EvaluationRow> = {}): EvaluationRow {
  return {
    kind: 'evaluation',
    step,
    epoch: step / 100,
    elapsedSeconds: step / 10,
    final: false,
    count: 500,
    loss: 1.5,
    cleanAccuracy: 0.6,
    robustAccuracy: 0.2,
    attacks: [],
    ...change,
  };
}

export function runRecord(change: Partial<RunRecord> = {}): RunRecord {
  return {
    version: 1,
    id: 'run-1',
    kind: 'train',
    name: 'quickstart / m2at',
    status: 'running',
    startedAt: '2026-01-02T03:04:05.000Z',
    versions: {},
    ...change,
  };
}
