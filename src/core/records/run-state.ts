import type { RunProgress } from '../progress';
import type { RunEvent } from './run-event';
import type { AttackReport, MetricRow, RunRecord } from './run-files';
import type { TransferTable } from './transfer-files';

/** A grid of pictures and its picture. */
export type Samples = Pick<Extract<RunEvent, { type: 'samples' }>, 'grid' | 'png'>;

/** Accuracy under common corruptions, with its pictures. */
export type Corruptions = Omit<Extract<RunEvent, { type: 'corruptions' }>, 'type'>;

/** Rows of metrics in their order: a new one takes the place of those that it {@link replaces}. */
export interface MetricRows {
  append(row: MetricRow): void;
}

/** What is known of a run: the sum of its events, whether they come from a process or from disk. */
export interface RunState {
  record: RunRecord | undefined;
  /** Of a run that is not over. */
  progress: RunProgress | undefined;
  readonly rows: MetricRows;
  samples: Samples | undefined;
  report: AttackReport | undefined;
  /** What other networks make of the examples. */
  transfer: TransferTable | undefined;
  corruptions: Corruptions | undefined;
  /** Pictures of the attacks of a report, by their place in it. */
  readonly galleries: Map<number, Samples>;
}

/** What an event can change. */
export type Part =
  | 'record'
  | 'progress'
  | 'steps'
  | 'evaluations'
  | 'samples'
  | 'galleries'
  | 'report'
  | 'transfer'
  | 'corruptions';

/** Takes an event into the state of its run, in place. @returns what it changed */
export function reduce(state: RunState, event: RunEvent): readonly Part[] {
  switch (event.type) {
    case 'record':
      state.record = event.record;
      if (isOver(event.record)) state.progress = undefined;
      return ['record', 'progress'];
    case 'progress':
      state.progress = event.progress;
      return ['progress'];
    case 'metric':
      state.rows.append(event.row);
      return [event.row.kind === 'step' ? 'steps' : 'evaluations'];
    case 'samples':
      state.samples = { grid: event.grid, png: event.png };
      return ['samples'];
    case 'gallery':
      if (event.grid.attack === undefined) return [];
      state.galleries.set(event.grid.attack, { grid: event.grid, png: event.png });
      return ['galleries'];
    case 'report':
      state.report = event.report;
      return ['report'];
    case 'transfer':
      state.transfer = event.transfer;
      return ['transfer'];
    case 'corruptions':
      state.corruptions = { table: event.table, ...(event.pictures && { pictures: event.pictures }) };
      return ['corruptions'];
    case 'log':
      return [];
  }
}

/**
 * Whether a row takes the place of an earlier one: a resumed run does again what came after its checkpoint. At one step,
 * that of the step comes first, then the evaluation, then the final ones, that of the run's result last.
 */
export function replaces(row: MetricRow, earlier: MetricRow): boolean {
  return row.step < earlier.step || (row.step === earlier.step && rankOf(row) <= rankOf(earlier));
}

function rankOf(row: MetricRow): number {
  if (row.kind === 'step') return 0;
  if (!row.final) return 1;
  return row.beside ? 2 : 3;
}

/** Whether nothing more will happen to a run by itself. */
export function isOver({ status }: Pick<RunRecord, 'status'>): boolean {
  return status === 'done' || status === 'stopped' || status === 'failed';
}
