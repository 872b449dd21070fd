import { listJobFolders, readJobState, removeJob, silenceOf } from './job-folder';
import { livenessOfJob } from './job-liveness';

/** Nobody opened a window for so long that would have told how a job ended, ms. */
const OLD_MS = 30 * 24 * 3_600_000;

/** Removes what is written down of jobs that ended, or whose process is gone, a month ago. It never fails. */
export async function tidyJobs(): Promise<void> {
  for (const folder of await listJobFolders()) {
    if ((await silenceOf(folder)) < OLD_MS) continue;
    const state = await readJobState(folder);
    if (state && (state.ended || (await livenessOfJob(folder, state)) !== 'alive')) await removeJob(folder);
  }
}
