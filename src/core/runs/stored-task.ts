import path from 'node:path';
import * as z from 'zod';
import { M2atError } from '../errors';
import { readJson } from '../files/json';
import { readError } from '../files/open-for-reading';
import { attackTask, type StoredAttackTask } from '../records/attack-files';
import { parseRecord } from '../records/record-form';
import { runDirectory, runFile } from '../records/run-paths';
import { assertUnchanged, readRecord } from './run-store';

/** A list of a million images has some 8 MB. */
const MAX_TASK_BYTES = 2 ** 25;

/**
 * What an attack run is to do, as its `attack.json` has it.
 * @throws M2atError `bad-input` when `attack.json` is missing, damaged, or not as the record of the run says; `unsupported`
 * where a version wrote it that this one can't read
 */
export async function readTask(root: string, id: string): Promise<StoredAttackTask> {
  const file = path.join(runDirectory(root, id), runFile.attack);
  const hint = 'Without it an attack can only be started anew.';
  const { checksums } = await readRecord(root, id);
  try {
    const json = await readJson(file, MAX_TASK_BYTES, { code: 'bad-input', hint });
    if (checksums?.attack) assertUnchanged(json, checksums.attack, file);
    return parseRecord(attackTask, json, { intact: checksums?.attack !== undefined, where: file });
  } catch (error) {
    if (error instanceof M2atError && (error.code === 'bad-input' || error.code === 'unsupported'))
      throw error;
    const what = error instanceof z.ZodError ? 'is damaged' : readError(error, file).what;
    throw new M2atError('bad-input', what, {
      where: file,
      hint,
      cause: error,
    });
  }
}
