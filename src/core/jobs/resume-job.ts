import type { ResolvedExperiment } from '../experiment/experiment-schema';
import { readExperiment } from '../runs/run-store';
import type { RunRecord } from '../records/run-files';
import type { Registry } from '../registry/registry';
import type { RunControl } from '../runs/run-control';
import type { SupervisedRun } from '../runs/supervised';
import { trainRun } from '../training/train-run';
import { pausable } from './pausable';

export interface ResumeJob {
  readonly root: string;
  /** Id of a run that was stopped or interrupted. */
  readonly id: string;
  /** What can be named; absent: what comes with this program. */
  readonly registry?: Registry | undefined;
  /** Gives up what it has done, and begins it again. */
  readonly fromStart?: boolean | undefined;
  readonly overrides?: Partial<Pick<ResolvedExperiment, 'device' | 'threads'>>;
  /** Starts even where memory is not expected to suffice. */
  readonly ignoreMemory?: boolean | undefined;
  readonly signal: AbortSignal;
  /** What else may be asked of it while it goes on. */
  readonly control?: RunControl | undefined;
  readonly onEvent: SupervisedRun['onEvent'];
}

/** Continues a stopped run from its last checkpoint, as if it had never stopped. */
export async function resumeJob({ root, id, overrides, ...options }: ResumeJob): Promise<RunRecord> {
  const experiment = { ...(await readExperiment(root, id, options.registry)), ...overrides };
  const { fromStart, ...others } = options;
  let first = true;
  return pausable(
    options,
    (attempt) => {
      const again = first && fromStart;
      first = false;
      return trainRun({ ...others, ...attempt, fromStart: again, experiment, root, resume: id });
    },
    ({ status }) => status === 'stopped',
  );
}
