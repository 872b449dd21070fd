import type { MetricRow, RunRecord } from '../../core/records/run-files';
import { replaces, type RunState } from '../../core/records/run-state';

/** What the host knows of one run, with every row of its metrics. */
export interface HostRunState extends RunState {
  record: RunRecord;
  readonly rows: RowList;
}

export function newRunState(record: RunRecord): HostRunState {
  return {
    record,
    rows: new RowList(),
    galleries: new Map(),
    ...{ progress: undefined, samples: undefined, report: undefined, transfer: undefined },
    corruptions: undefined,
  };
}

class RowList {
  readonly all: MetricRow[] = [];

  append(row: MetricRow): void {
    // From the end, so that what is looked at goes: rows of any order take no longer than they are many.
    this.all.length = this.all.findLastIndex((earlier) => !replaces(row, earlier)) + 1;
    this.all.push(row);
  }
}

/** A run that was stopped or failed, with something to go on from. */
export function isResumable({ status }: RunRecord, hasResumePoint: boolean): boolean {
  return (status === 'stopped' || status === 'failed') && hasResumePoint;
}
