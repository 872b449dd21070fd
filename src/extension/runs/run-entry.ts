import type { RunRecord } from '../../core/records/run-files';
import type { RunFollower } from './run-follower';
import { newRunState, type HostRunState } from './run-state';

/** A run that this window knows of. */
export interface RunEntry {
  readonly root: string;
  state: HostRunState;
  /** Present once the metrics and samples were asked for. */
  follower?: RunFollower;
  /** Its process is known, and does what this window says. */
  live: boolean;
  /** Its directory is not there yet, or of before: its process tells. */
  pending: boolean;
  /** Whether there is a checkpoint to attack, or anything to go on from, as of the last look at the disk. */
  checkpoint: boolean;
}

export function newEntry(
  root: string,
  record: RunRecord,
  known: Partial<Pick<RunEntry, 'live' | 'pending' | 'checkpoint'>> = {},
): RunEntry {
  return { root, state: newRunState(record), live: false, pending: false, checkpoint: false, ...known };
}
