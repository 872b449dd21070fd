import { listJobFolders, readJob, readJobState, removeJob, silenceOf } from './job-folder';
import { isStarterThere, livenessOfJob } from './job-liveness';

/** Nobody opened a window for so long that would have told how a job ended, ms. */
const OLD_MS = 30 * 24 * 3_600_000;

/**
 * Removes what is written down of jobs that ended, or whose process is gone, a month ago, and of those that nobody began and
 * nobody will. It never fails.
 */
export async function tidyJobs(): Promise<void> {
  for (const folder of await listJobFolders()) {
    if ((await silenceOf(folder)) < OLD_MS) continue;
    const state = await readJobState(folder);
    if (!state) {
      const job = await readJob(folder).catch(() => undefined);
      if (job && !job.queued && !(await isStarterThere(job))) await removeJob(folder);
      continue;
    }
    if (state.ended || (await livenessOfJob(folder, state)) !== 'alive') await removeJob(folder);
  }
}
