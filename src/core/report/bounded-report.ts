import type { AttackReport } from '../records/run-files';

/** Some 4 MB of JSON. */
const MOST_ENTRIES = 20_000;

export interface BoundedReport {
  readonly report: AttackReport;
  /** What was left out, for the reader; undefined when nothing was. */
  readonly note?: string;
}

/**
 * A report whose list of images is not too long for a page: those of each attack end after the same image. Accuracies
 * and analysis stay those of all images.
 */
export function boundedReport(report: AttackReport, most = MOST_ENTRIES): BoundedReport {
  const { attacks } = report;
  const entries = attacks.reduce((sum, { images }) => sum + images.length, 0);
  if (entries <= most) return { report };
  const kept = Math.max(1, Math.floor(most / attacks.length));
  const number = (value: number): string => value.toLocaleString('en-US');
  const longest = Math.max(...attacks.map(({ images }) => images.length));
  return {
    report: {
      ...report,
      attacks: attacks.map((attack) => ({ ...attack, images: attack.images.slice(0, kept) })),
    },
    note:
      `Single images are listed for the first ${number(kept)} of ${number(longest)}; report.json, in the folder ` +
      'of the run, has all. Accuracies, curves and classes are those of all images.',
  };
}
