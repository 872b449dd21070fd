import type { Liveness } from '../processes/process-liveness';
import { livenessOf } from '../processes/process-liveness';
import type { JobRecord, JobState } from './job-files';
import { silenceOf } from './job-folder';

/** A process on another machine or in another container says once a second that it is there. */
const SILENT_MS = 60_000;

/** Whether the process of a job is there: by its id and when it began, or else by when it was heard of last. */
export async function livenessOfJob(folder: string, { process }: JobState): Promise<Liveness> {
  const liveness = await livenessOf(process);
  if (liveness !== 'unknown') return liveness;
  const silence = await silenceOf(folder);
  return silence < SILENT_MS ? 'alive' : 'unknown';
}

/** Whether whoever started a job is there, and so tells how it ended. */
export async function isStarterThere({ startedBy }: JobRecord): Promise<boolean> {
  return (await livenessOf(startedBy)) === 'alive';
}
