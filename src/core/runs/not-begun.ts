import { M2atError } from '../errors';
import { isTemporary } from '../files/atomic-file';
import { listFolder } from '../files/list-folder';
import type { RunRecord } from '../records/run-files';
import { runDirectory, runFile } from '../records/run-paths';

/** Of a run that was killed while its directory was made. */
export const NOT_BEGUN = 'Interrupted before it began: nothing was computed. Delete it.';

/** What is written before anything is computed. */
const beforehand: readonly string[] = [runFile.record, runFile.experiment, runFile.log, runFile.lock];

/**
 * Whether a run's directory holds nothing that was computed, and not even all that a run begins with: the record is the
 * last of it of a training run, `attack.json` of an attack.
 */
export async function isNotBegun(folder: string, kind: RunRecord['kind']): Promise<boolean> {
  const names = (await listFolder(folder).catch(() => undefined))?.map(({ name }) => name);
  if (!names || names.includes(kind === 'attack' ? runFile.attack : runFile.record)) return false;
  return names.every((name) => beforehand.includes(name) || isTemporary(name));
}

/** @throws M2atError `bad-input` for a run that can't be gone on with, because it never began */
export async function assertBegun(root: string, { id, kind }: Pick<RunRecord, 'id' | 'kind'>): Promise<void> {
  const folder = runDirectory(root, id);
  if (!(await isNotBegun(folder, kind))) return;
  throw new M2atError('bad-input', `${id} was interrupted before it began: nothing was computed`, {
    where: folder,
    hint: 'Delete it, and start it anew.',
  });
}
