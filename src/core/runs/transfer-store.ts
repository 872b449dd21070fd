import path from 'node:path';
import { writeFileAtomic } from '../files/atomic-file';
import { readSealedJson, sealJson } from '../files/sealed-json';
import { runDirectory, runFile } from './run-paths';
import { transferTable, type TransferRow, type TransferTable } from './transfer-files';

/** Some thousand rows. */
const MAX_TABLE_BYTES = 2 ** 22;

/** What was measured with the examples of an attack run; undefined when nothing was, or the file is damaged. */
export async function readTransfer(folder: string): Promise<TransferTable | undefined> {
  try {
    const file = path.join(folder, runFile.transfer);
    return transferTable.parse((await readSealedJson(file, MAX_TABLE_BYTES)).value);
  } catch {
    return undefined;
  }
}

/**
 * Keeps what was measured with the examples of a run in its directory. A row takes the place of an earlier one about the
 * same examples and the same network.
 * @returns all that is known of the run
 * @throws M2atError `io`
 */
export async function storeTransfer(root: string, id: string, table: TransferTable): Promise<TransferTable> {
  const folder = runDirectory(root, id);
  const added = table.rows.filter(({ source }) => source.run === id);
  const known = new Set(added.map(keyOf));
  const before = (await readTransfer(folder))?.rows ?? [];
  const rows = [...before.filter((row) => !known.has(keyOf(row))), ...added];
  const all: TransferTable = { ...table, rows: rows.sort(bySource) };
  await writeFileAtomic(path.join(folder, runFile.transfer), sealJson(JSON.stringify(all)));
  return all;
}

function keyOf({ source, target }: TransferRow): string {
  return JSON.stringify([source.group, target]);
}

function bySource(a: TransferRow, b: TransferRow): number {
  return (a.source.group ?? 0) - (b.source.group ?? 0);
}
