import { randomBytes } from 'node:crypto';
import { lstat, realpath, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import type * as z from 'zod';
import { writeFileAtomic } from '../files/atomic-file';
import { readJson } from '../files/json';
import { listFolder } from '../files/list-folder';
import { thisProcess } from '../processes/process-identity';
import { parseRecord } from '../records/record-form';
import { jobFile, jobId, jobRecord, jobState, type JobRecord, type JobState } from './job-files';
import { ownEnvironment } from './own-environment';
import { jobsFolder, makePrivateFolder } from './state-folder';

const MAX_JOB_BYTES = 2 ** 24;
const MAX_STATE_BYTES = 2 ** 22;

/** What a job is given. */
export type NewJob = Omit<z.input<typeof jobRecord>, 'version' | 'startedBy' | 'createdAt' | 'environment'>;

/**
 * Writes down a new job, which nobody does yet.
 * @returns its folder, whose name is the job's id
 * @throws M2atError `io`; `bad-input` where the user's folder is not theirs alone, or the root is not there
 */
export async function createJob(job: NewJob): Promise<string> {
  const jobs = jobsFolder();
  await makePrivateFolder(jobs);
  const id = `${new Date().toISOString().replace(/\D/g, '').slice(0, 17)}-${randomBytes(4).toString('hex')}`;
  // Whoever lists the folder sees a job whole, or not at all.
  const unfinished = path.join(jobs, `.new~${id}`);
  await makePrivateFolder(unfinished);
  const record: JobRecord = jobRecord.parse({
    version: 1,
    ...job,
    root: await realpath(job.root).catch(() => path.resolve(job.root)),
    environment: ownEnvironment(),
    startedBy: thisProcess(),
    createdAt: new Date().toISOString(),
  });
  await writeFileAtomic(path.join(unfinished, jobFile.job), `${JSON.stringify(record, null, 2)}\n`);
  const folder = path.join(jobs, id);
  await rename(unfinished, folder);
  return folder;
}

/** @throws M2atError, ZodError for what is no job */
export async function readJob(folder: string): Promise<JobRecord> {
  const where = path.join(folder, jobFile.job);
  return parseRecord(jobRecord, await readJson(where, MAX_JOB_BYTES), { intact: true, where });
}

/** How far a job is; undefined before its process wrote it. */
export async function readJobState(folder: string): Promise<JobState | undefined> {
  const where = path.join(folder, jobFile.state);
  try {
    return parseRecord(jobState, await readJson(where, MAX_STATE_BYTES), { intact: true, where });
  } catch {
    return undefined;
  }
}

export async function writeJobState(folder: string, state: JobState): Promise<void> {
  await writeFileAtomic(path.join(folder, jobFile.state), `${JSON.stringify(jobState.parse(state))}\n`);
}

/** Folders of the user's jobs, the oldest first. */
export async function listJobFolders(): Promise<string[]> {
  const jobs = jobsFolder();
  const entries = await listFolder(jobs).catch(() => []);
  const ids = entries.filter((entry) => entry.isDirectory() && jobId.safeParse(entry.name).success);
  return ids.map(({ name }) => path.join(jobs, name)).sort();
}

/** Removes a job's folder. @returns whether it was this call that did: whoever did tells how the job ended */
export async function removeJob(folder: string): Promise<boolean> {
  const condemned = path.join(path.dirname(folder), `.over~${path.basename(folder)}`);
  try {
    await rename(folder, condemned);
  } catch {
    return false;
  }
  await rm(condemned, { recursive: true, force: true }).catch(() => undefined);
  return true;
}

/** Milliseconds since the job's process last said that it is there; Infinity where it never did. */
export async function silenceOf(folder: string): Promise<number> {
  const found = await lstat(path.join(folder, jobFile.state)).catch(() => undefined);
  return found ? Date.now() - found.mtimeMs : Infinity;
}
