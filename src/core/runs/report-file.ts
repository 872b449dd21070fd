import path from 'node:path';
import { writeFileAtomic } from '../files/atomic-file';
import { sealJson } from '../files/sealed-json';
import { attackReport, type AttackReport } from '../records/run-files';
import { runFile } from '../records/run-paths';
import { readStored, type StoredRecord } from './read-record';

/** 10 000 images under 32 attacks have some 60 MB. */
const MAX_REPORT_BYTES = 2 ** 28;

/** Writes `report.json` with its checksum. @throws M2atError `io` */
export function writeReport(folder: string, report: AttackReport): Promise<void> {
  return writeFileAtomic(path.join(folder, runFile.report), sealJson(JSON.stringify(report)));
}

/** The report of a run as it was written. */
export function readReport(folder: string): Promise<StoredRecord<AttackReport>> {
  const options = { schema: attackReport, maxBytes: MAX_REPORT_BYTES, remedy: 'Attack again.' };
  return readStored(folder, runFile.report, options);
}
