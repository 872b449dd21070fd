import path from 'node:path';
import { M2atError } from '../errors';
import { writeFileAtomic } from '../files/atomic-file';
import { sealJson } from '../files/sealed-json';
import type { RunRecord } from '../records/run-files';
import { lockState, removeLock } from './run-lock';
import { assertOver, ownerState } from './run-owner';
import { isOver } from '../records/run-state';
import { runDirectory, runFile } from '../records/run-paths';
import { assertExists, interrupted, readOwnRecord } from './run-store';

/**
 * Takes the user's word that a run is over whose process can't be asked (of another machine, or another container). One
 * whose process is known to be there stays as it is.
 * @returns the record, which says that the run was interrupted
 * @throws M2atError `bad-input` when there is no such run, it is known to be over, or to go on; `io`
 */
export async function markStopped(root: string, id: string): Promise<RunRecord> {
  const folder = runDirectory(root, id);
  const file = path.join(folder, runFile.record);
  const lock = path.join(folder, runFile.lock);
  await assertExists(folder, id);
  const record = await readOwnRecord(root, id);
  if (isOver(record) && (await lockState(lock)).owner !== 'unknown') {
    throw new M2atError('bad-input', `the run ${id} is ${record.status} already`, {
      hint: '`m2at runs` lists the runs of a folder.',
    });
  }
  if ((await ownerState(file, record)).owner === 'alive') await assertOver(file, record);
  await removeLock(lock);
  if (isOver(record)) return record;
  const stopped: RunRecord = { ...(await interrupted(root, record)), endedAt: new Date().toISOString() };
  await writeFileAtomic(file, sealJson(`${JSON.stringify(stopped, null, 2)}\n`));
  return stopped;
}
