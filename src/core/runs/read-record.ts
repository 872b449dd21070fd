import type * as z from 'zod';
import { M2atError } from '../errors';
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

/** Why a file of a run is as if it were not there. @param remedy what can be done about damage */
export function leftOut(name: string, error: unknown, remedy: string): string {
  if (error instanceof M2atError && error.code === 'unsupported') {
    return `${name} ${error.what}: its numbers are left out. ${error.hint ?? ''}`;
  }
  return `${name} is damaged, or was changed: its numbers are left out. ${remedy}`;
}
