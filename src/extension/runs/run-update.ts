import type { RunEvent } from '../../core/records/run-event';

/** News of one run. */
export interface RunUpdate {
  readonly id: string;
  readonly events: readonly RunEvent[];
  /** The state was rebuilt: `events` are not an addition to what was known. */
  readonly rebuilt: boolean;
}
