import path from 'node:path';
import { writeFileAtomic } from '../files/atomic-file';
import { sealJson } from '../files/sealed-json';
import { runDirectory, runFile } from '../records/run-paths';
import { readStored, type StoredRecord } from './read-record';
import { transferTable, type TransferRow, type TransferTable } from '../records/transfer-files';

/** Some thousand rows. */
const MAX_TABLE_BYTES = 2 ** 22;

/** What was measured with the examples of an attack run; none when nothing was. */
export function readTransfer(folder: string): Promise<StoredRecord<TransferTable>> {
  const options = {
    schema: transferTable,
    maxBytes: MAX_TABLE_BYTES,
    remedy: 'Evaluate the examples again.',
  };
  return readStored(folder, runFile.transfer, options);
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
  const before = (await readTransfer(folder)).record;
  const rows = [...(before?.rows ?? []).filter((row) => !known.has(keyOf(row))), ...added];
  const all: TransferTable = { ...before, ...table, rows: rows.sort(bySource) };
  await writeFileAtomic(path.join(folder, runFile.transfer), sealJson(JSON.stringify(all)));
  return all;
}

function keyOf({ source, target }: TransferRow): string {
  return JSON.stringify([source.group, target]);
}

function bySource(a: TransferRow, b: TransferRow): number {
  return (a.source.group ?? 0) - (b.source.group ?? 0);
}
