import path from 'node:path';
import { writeFileAtomic } from '../files/atomic-file';
import { hasCode } from '../files/error-code';
import { sealJson } from '../files/sealed-json';
import { runDirectory, runFile } from '../records/run-paths';
import { leftOut, readRecordFile } from './read-record';
import { transferTable, type TransferRow, type TransferTable } from '../records/transfer-files';

/** Some thousand rows. */
const MAX_TABLE_BYTES = 2 ** 22;

export interface StoredTransfer {
  readonly transfer?: TransferTable;
  /** Why there is none although there is a file. */
  readonly problem?: string;
}

/** What was measured with the examples of an attack run; none when nothing was, or the file is damaged. */
export async function readTransfer(folder: string): Promise<StoredTransfer> {
  try {
    const file = path.join(folder, runFile.transfer);
    return { transfer: (await readRecordFile(file, transferTable, MAX_TABLE_BYTES)).record };
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return {};
    return { problem: leftOut(runFile.transfer, error, 'Evaluate the examples again.') };
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
  const before = (await readTransfer(folder)).transfer;
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
