import { realpath } from 'node:fs/promises';
import path from 'node:path';
import { M2atError } from '../errors';
import { writeFileAtomic } from '../files/atomic-file';
import { thisProcess } from '../processes/process-identity';
import { isOver } from '../records/run-state';
import { runDirectory, runFile } from '../records/run-paths';
import { assertExists, readRecord } from '../runs/run-store';
import { ControlClient } from './control-client';
import type { CommandName } from './control-messages';
import type { JobState } from './job-files';
import { listJobFolders, readJob, readJobState } from './job-folder';
import { livenessOfJob } from './job-liveness';
import { signalJob } from './signal-job';

/** The job of a run: what the user's own folder says, and the run repeats. */
export interface JobOfRun {
  readonly folder: string;
  readonly state: JobState;
}

/** The job that does a run, or holds it paused; undefined where no process of this machine is known to. */
export async function jobOfRun(root: string, id: string, token?: string): Promise<JobOfRun | undefined> {
  const real = await realpath(root).catch(() => path.resolve(root));
  for (const folder of await listJobFolders()) {
    const state = await readJobState(folder);
    if (!state || state.ended || !state.runs.includes(id)) continue;
    const job = await readJob(folder).catch(() => undefined);
    // A run that is paused, or about to go on, is over for now.
    const isLatest = token === undefined && state.runs.at(-1) === id;
    const isTheirs = job?.root === real && (token === state.token || isLatest);
    if (isTheirs && (await livenessOfJob(folder, state)) === 'alive') return { folder, state };
  }
  return undefined;
}

/**
 * Asks for something of a run that goes on, whoever started it.
 * @returns `sent` when its process has got it; `left` when it is on another machine, and finds it in the run's directory
 * @throws M2atError `bad-input` when there is no such run, it is over, or its process can't be reached
 */
export async function commandRun(root: string, id: string, command: CommandName): Promise<'sent' | 'left'> {
  const folder = runDirectory(root, id);
  await assertExists(folder, id);
  const record = await readRecord(root, id);
  const job = await jobOfRun(root, id, record.token);
  if (job) {
    if (await sent(job, command)) return 'sent';
    throw new M2atError('io', `the process of ${id} does not answer`, { hint: 'Try again.' });
  }
  if (isOver(record)) {
    throw new M2atError('bad-input', `the run ${id} is ${record.status} already`, { where: folder });
  }
  const { token, owner } = record;
  if (token !== undefined && owner && owner.host !== thisProcess().host) {
    await writeFileAtomic(path.join(folder, runFile.control), `${JSON.stringify({ token, command })}\n`);
    return 'left';
  }
  throw new M2atError(
    'bad-input',
    `nothing on this machine says that ${id} belongs to one of its processes`,
    {
      where: folder,
      hint: 'It was started by another user, by an earlier version, or its folder came from elsewhere: stop it where it goes on.',
    },
  );
}

async function sent({ folder, state }: JobOfRun, command: CommandName): Promise<boolean> {
  try {
    const client = await ControlClient.connect(state);
    try {
      await client.send(command);
      return true;
    } finally {
      client.close();
    }
  } catch {
    return command === 'stop' && process.platform !== 'win32' && (await signalJob(folder, state, 'SIGTERM'));
  }
}
