import path from 'node:path';
import { M2atError } from '../errors';
import { commandLineOf } from '../processes/command-line';
import { livenessOf } from '../processes/process-liveness';
import { JOB_FLAG } from './start-detached';
import type { JobState } from './job-files';

/**
 * Sends a signal to the process of a job, and to no other: it must have begun when the job's process did, and be a worker
 * that was given this job.
 * @returns whether it was sent
 * @throws M2atError `io` when the system refuses
 */
export async function signalJob(
  folder: string,
  { process: identity }: JobState,
  signal: NodeJS.Signals,
): Promise<boolean> {
  if ((await livenessOf(identity)) !== 'alive') return false;
  const line = await commandLineOf(identity.pid);
  if (line?.includes(JOB_FLAG) !== true || !line.includes(path.basename(folder))) return false;
  try {
    process.kill(identity.pid, signal);
    return true;
  } catch (cause) {
    throw new M2atError('io', `process ${identity.pid} can't be ended`, { cause });
  }
}
