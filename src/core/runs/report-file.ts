import path from 'node:path';
import { hasCode } from '../files/error-code';
import { writeFileAtomic } from '../files/atomic-file';
import { sealJson } from '../files/sealed-json';
import { attackReport, type AttackReport } from '../records/run-files';
import { runFile } from '../records/run-paths';
import { leftOut, readRecordFile } from './read-record';

/** 10 000 images under 32 attacks have some 60 MB. */
export const MAX_REPORT_BYTES = 2 ** 28;

export interface StoredReport {
  readonly report?: AttackReport;
  /** False for a report of an earlier version, which has no checksum. */
  readonly verified: boolean;
  /** Why there is none although there is a file. */
  readonly problem?: string;
}

/** Writes `report.json` with its checksum. @throws M2atError `io` */
export function writeReport(folder: string, report: AttackReport): Promise<void> {
  return writeFileAtomic(path.join(folder, runFile.report), sealJson(JSON.stringify(report)));
}

/** The report of a run as it was written; none where the file is missing or damaged. */
export async function readReport(folder: string): Promise<StoredReport> {
  try {
    const file = path.join(folder, runFile.report);
    const { record: report, verified } = await readRecordFile(file, attackReport, MAX_REPORT_BYTES);
    return { report, verified };
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return { verified: true };
    return { verified: true, problem: leftOut(runFile.report, error, 'Attack again.') };
  }
}
