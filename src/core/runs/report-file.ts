import path from 'node:path';
import { hasCode } from '../files/error-code';
import { writeFileAtomic } from '../files/atomic-file';
import { readSealedJson, sealJson } from '../files/sealed-json';
import { attackReport, type AttackReport } from '../records/run-files';
import { runFile } from '../records/run-paths';

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
    const { value, verified } = await readSealedJson(path.join(folder, runFile.report), MAX_REPORT_BYTES);
    return { report: attackReport.parse(value), verified };
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return { verified: true };
    const problem = `${runFile.report} is damaged, or was changed: its numbers are left out. Attack again.`;
    return { verified: true, problem };
  }
}
