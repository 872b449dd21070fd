import { spawn } from 'node:child_process';
import path from 'node:path';
import { openToAppend } from '../files/own-file';
import { allowedRunFolders, RUN_FOLDERS_VARIABLE } from '../files/run-folders';
import { M2atError } from '../errors';
import { jobFile } from './job-files';

/** What tells a worker's command line from others: the job's id follows. */
export const JOB_FLAG = '--job';

/**
 * Starts the process of a job, on its own: in a session of its own, with its output in the job's folder, so that neither
 * the end of this process nor of its terminal or window reaches it.
 * @param script the worker's bundle
 * @throws M2atError `internal` when it can't be started
 */
export async function startDetached(folder: string, script: string, cwd: string): Promise<number> {
  const output = await openToAppend(path.join(folder, jobFile.output));
  try {
    const child = spawn(process.execPath, [script, JOB_FLAG, path.basename(folder)], {
      cwd,
      detached: true,
      windowsHide: true,
      env: {
        ...process.env,
        ELECTRON_RUN_AS_NODE: '1',
        [RUN_FOLDERS_VARIABLE]: allowedRunFolders().join(path.delimiter),
      },
      stdio: ['ignore', output.fd, output.fd],
    });
    return await new Promise<number>((resolve, reject) => {
      child.once('error', (error) => {
        reject(
          new M2atError('internal', `the worker could not be started: ${error.message}`, {
            where: script,
            cause: error,
          }),
        );
      });
      child.once('spawn', () => {
        child.unref();
        resolve(child.pid ?? 0);
      });
    });
  } finally {
    await output.close();
  }
}
