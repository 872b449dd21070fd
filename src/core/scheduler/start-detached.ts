import { spawn } from 'node:child_process';
import path from 'node:path';
import { openToAppend } from '../files/own-file';
import { GPU_VARIABLE } from '../engine/devices/device-choice';
import { M2atError } from '../errors';
import { jobFile, type JobRecord } from './job-files';
import { environmentOf } from './own-environment';

/** What tells a worker's command line from others: the job's id follows. */
export const JOB_FLAG = '--job';

export interface DetachedProcess {
  readonly pid: number;
  /** Resolves when it has ended, if this process sees it. */
  readonly exited: Promise<void>;
}

/**
 * Starts the process of a job, on its own: in a session of its own, with its output in the job's folder, so that neither
 * the end of this process nor of its terminal or window reaches it.
 * @param script the worker's bundle
 * @param gpu the GPU that it takes where none is named
 * @throws M2atError `internal` when it can't be started
 */
export async function startDetached(
  folder: string,
  script: string,
  { root, environment }: Pick<JobRecord, 'root' | 'environment'>,
  gpu?: number,
): Promise<DetachedProcess> {
  const output = await openToAppend(path.join(folder, jobFile.output));
  try {
    const child = spawn(process.execPath, [script, JOB_FLAG, path.basename(folder)], {
      cwd: root,
      detached: true,
      windowsHide: true,
      env: {
        ...environmentOf(environment),
        ELECTRON_RUN_AS_NODE: '1',
        [GPU_VARIABLE]: gpu?.toString(),
      },
      stdio: ['ignore', output.fd, output.fd],
    });
    const exited = new Promise<void>((resolve) => child.once('exit', resolve));
    return await new Promise<DetachedProcess>((resolve, reject) => {
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
        resolve({ pid: child.pid ?? 0, exited });
      });
    });
  } finally {
    await output.close();
  }
}
