import type { RunRecord } from '../../core/records/run-files';

/** A run as lists show it. */
export interface ListedRun {
  readonly record: RunRecord;
  /** Its process is known, and does what this window says. */
  readonly live: boolean;
  readonly resumable: boolean;
}
