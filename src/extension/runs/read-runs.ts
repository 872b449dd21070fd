import type { RunRecord } from '../../core/records/run-files';
import { runDirectory } from '../../core/records/run-paths';
import { listRuns } from '../../core/runs/run-store';
import { hasResumePoint } from './resume-point';

export { readRecord } from '../../core/runs/run-store';
export { tidyRuns } from '../../core/runs/tidy-runs';
export { RunFollower } from './run-follower';
export { hasResumePoint };

export interface FoundRun {
  readonly record: RunRecord;
  /** Whether there is anything to go on from; undefined for a run that is done: whoever looks at it asks. */
  readonly checkpoint: boolean | undefined;
}

/** The runs of a root, as its disk has them. @throws M2atError as {@link listRuns} */
export async function readRuns(root: string): Promise<FoundRun[]> {
  const records = await listRuns(root);
  return Promise.all(
    records.map(async (record) => ({
      record,
      checkpoint:
        record.status === 'done' ? undefined : await hasResumePoint(record, runDirectory(root, record.id)),
    })),
  );
}
