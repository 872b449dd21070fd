import path from 'node:path';
import { listFolder } from '../../../src/core/files/list-folder';
import { readJobState } from '../../../src/core/scheduler/job-folder';
import { signalJob } from '../../../src/core/scheduler/signal-job';

/** Ends what was started in a window that is closed now: it would go on, as it should for users. */
export async function endJobs(state: string): Promise<void> {
  const jobs = path.join(state, 'jobs');
  for (const { name } of await listFolder(jobs).catch(() => [])) {
    const folder = path.join(jobs, name);
    const job = await readJobState(folder);
    if (job) await signalJob(folder, job, 'SIGKILL').catch(() => undefined);
  }
}
