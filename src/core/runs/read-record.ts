import path from 'node:path';
import type * as z from 'zod';
import { M2atError } from '../errors';
import { hasCode } from '../files/error-code';
import { readSealedJson } from '../files/sealed-json';
import { parseRecord } from '../records/record-form';

/**
 * A record in a file with a checksum, or without one, as earlier versions wrote it.
 * @throws M2atError `data` for a file that is not as it was sealed; otherwise as {@link parseRecord} and `readJson`
 */
export async function readRecordFile<Schema extends z.ZodType>(
  file: string,
  schema: Schema,
  maxBytes: number,
): Promise<{ readonly record: z.output<Schema>; readonly verified: boolean }> {
  const { value, verified } = await readSealedJson(file, maxBytes);
  return { record: parseRecord(schema, value, { intact: verified, where: file }), verified };
}

export interface StoredRecord<Record> {
  readonly record?: Record;
  /** False for a file of an earlier version, which has no checksum. */
  readonly verified: boolean;
  /** Why there is none although there is a file. */
  readonly problem?: string;
}

/** A record that a run may have; none where its file is missing, or can't be read. @param remedy of damage */
export async function readStored<Schema extends z.ZodType>(
  folder: string,
  name: string,
  { schema, maxBytes, remedy }: { schema: Schema; maxBytes: number; remedy: string },
): Promise<StoredRecord<z.output<Schema>>> {
  try {
    return await readRecordFile(path.join(folder, name), schema, maxBytes);
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return { verified: true };
    const isNew = error instanceof M2atError && error.code === 'unsupported';
    const what = isNew ? error.what : 'is damaged, or was changed';
    const hint = isNew ? (error.hint ?? '') : remedy;
    return { verified: true, problem: `${name} ${what}: its numbers are left out. ${hint}` };
  }
}
