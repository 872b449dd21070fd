import path from 'node:path';
import { writeFileAtomic } from '../files/atomic-file';
import { sealJson } from '../files/sealed-json';
import { corruptionTable } from '../records/corruption-files';
import { runFile } from '../records/run-paths';
import type { Corruptions } from '../records/run-state';
import { readGrid, writeGrid } from './grid-file';
import { readStored, type StoredRecord } from './read-record';

const MAX_TABLE_BYTES = 2 ** 20;
/** Of the one picture. */
const PICTURE = 0;

/** Writes `corruptions.json`, and the pictures beside it. @throws M2atError `io` */
export async function writeCorruptions(folder: string, { table, pictures }: Corruptions): Promise<void> {
  if (pictures) await writeGrid(path.join(folder, runFile.corruptionPictures), PICTURE, pictures);
  await writeFileAtomic(path.join(folder, runFile.corruptions), sealJson(JSON.stringify(table)));
}

/** What a run measured under corruptions, with its pictures where they are whole; none when it did not. */
export async function readCorruptions(folder: string): Promise<StoredRecord<Corruptions>> {
  const { record: table, ...rest } = await readStored<typeof corruptionTable>(folder, runFile.corruptions, {
    schema: corruptionTable,
    maxBytes: MAX_TABLE_BYTES,
    remedy: 'Measure the corruptions again.',
  });
  if (!table) return rest;
  const pictures = await readGrid(path.join(folder, runFile.corruptionPictures), PICTURE).catch(
    () => undefined,
  );
  return { ...rest, record: { table, ...(pictures && { pictures }) } };
}
