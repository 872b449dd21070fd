import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { sealJson, unsealJson } from '../../src/core/files/sealed-json';

/** The value of a JSON file of a run, whose checksum has to be right. */
export async function readSealed(file: string): Promise<unknown> {
  const value: unknown = JSON.parse(unsealJson(await readFile(file, 'utf8')).json);
  return value;
}

/** Changes `run.json` as the program itself would; a key that is undefined is removed. */
export async function changeRecord(folder: string, changes: object): Promise<void> {
  const file = path.join(folder, 'run.json');
  const record = { ...Object(await readSealed(file)), ...changes } as object;
  await writeFile(file, sealJson(JSON.stringify(record)));
}
