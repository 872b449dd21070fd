import path from 'node:path';
import { M2atError } from '../errors';
import type { AttackEntry } from '../attacks/base/define-attack';
import { withAnalysis } from '../report/analyse-report';
import { withFacts } from '../report/known-report';
import { meanOf } from '../report/corruption-means';
import { boundedReport } from '../report/bounded-report';
import { htmlPage, type PageBundle, type PlainTable } from '../report/html-page';
import { percentRange, type Interval } from '../report/wilson-interval';
import { curveGroupsOf, listedAttacks } from '../report/report-attacks';
import { targetCounts } from '../report/target-counts';
import { writeFileAtomic } from '../files/atomic-file';
import { runRecord, type AttackReport, type RunRecord } from '../records/run-files';
import { runDirectory, runFile } from '../records/run-paths';
import type { CorruptionTable } from '../records/corruption-files';
import type { Corruptions } from '../records/run-state';
import { tolerant } from '../tolerant';
import { pageBundleFolder, readPageBundle } from './page-bundle';
import { readRun, type StoredRun } from './run-store';
import type { Samples } from './sample-files';

/** Of all pictures of a page together, before they become base64. */
const MOST_PICTURE_BYTES = 2 ** 24;

export interface ReportPageOptions {
  readonly root: string;
  readonly id: string;
  /** Holds `dashboard.js` and `dashboard.css`. */
  readonly bundle?: string | undefined;
  /** Absent: `report.html` of the run directory. */
  readonly file?: string | undefined;
  /** Takes the place of the stored record, which is about to be written. */
  readonly record?: RunRecord | undefined;
  /** Those that there are; absent: those that come with this program. */
  readonly attacks?: readonly AttackEntry[] | undefined;
}

/**
 * Writes the report of an attack run as one page that needs nothing else.
 * @returns the file
 * @throws M2atError `bad-input` when there is no such run, or no report in it; `unsupported` without the dashboard's
 * bundle; `io`
 */
export async function writeReportPage(options: ReportPageOptions): Promise<string> {
  const { root, id, file = path.join(runDirectory(root, id), runFile.reportPage) } = options;
  await writeFileAtomic(file, await reportPage(options));
  return file;
}

/** The page itself, made from the records of the run. @throws M2atError as above */
export async function reportPage(options: Omit<ReportPageOptions, 'file'>): Promise<string> {
  const { root, id, bundle = pageBundleFolder } = options;
  const stored = await readRun(root, id);
  if (!stored.report) {
    throw new M2atError('bad-input', `the run ${id} has no report`, {
      where: path.join(runDirectory(root, id), runFile.report),
      hint: 'Only attacks have one, from their first examples on.',
    });
  }
  const report = withFacts(withAnalysis(stored.report, options.attacks), options.attacks);
  // In one order of keys, whether it was stored before or not.
  const record = tolerant(runRecord).parse(options.record ?? stored.record);
  return pageOf({ ...stored, record, report }, await readPageBundle(bundle, 'dashboard'));
}

function pageOf(
  {
    record,
    rows,
    samples,
    report: whole,
    galleries = [],
    transfer,
    corruptions,
  }: StoredRun & { readonly report: AttackReport },
  bundle: PageBundle,
): string {
  const { report, note } = boundedReport(whole);
  const pictures = fitting(galleries, whole);
  const left = galleries.length - pictures.length;
  const state = {
    type: 'state',
    record,
    rows,
    // The galleries show more of the same.
    ...(samples && pictures.length === 0 ? { samples: encoded(samples) } : {}),
    report,
    galleries: pictures.map(encoded),
    ...(transfer ? { transfer } : {}),
    ...(corruptions ? { corruptions: encodedCorruptions(corruptions) } : {}),
    live: false,
    checkpoint: false,
    paused: false,
    trusted: false,
  };
  const notes = [
    ...(note === undefined ? [] : [note]),
    ...(left > 0 ? [`Pictures of ${left} attacks are left out; they are in the folder of the run.`] : []),
  ];
  const title = `${record.name}: robustness report`;
  return htmlPage({ title, state, notes, plain: plainOf(record, whole, corruptions?.table), ...bundle });
}

/** Galleries in the order of their attacks, those of curves last, for as long as there is room. */
function fitting(galleries: readonly Samples[], report: AttackReport): Samples[] {
  const curves = curveGroupsOf(report);
  const isCurve = ({ grid }: Samples): boolean => curves.has(report.attacks[grid.attack ?? -1]?.group ?? -1);
  const ordered = [...galleries.filter((one) => !isCurve(one)), ...galleries.filter(isCurve)];
  let room = MOST_PICTURE_BYTES;
  const chosen = ordered.filter(({ png }) => {
    room -= png.length;
    return room >= 0;
  });
  return galleries.filter((one) => chosen.includes(one));
}

function encoded({ grid, png }: Samples): { grid: Samples['grid']; png: string } {
  return { grid, png: Buffer.from(png).toString('base64') };
}

function encodedCorruptions({ table, pictures }: Corruptions): {
  table: CorruptionTable;
  pictures?: ReturnType<typeof encoded>;
} {
  return { table, ...(pictures && { pictures: encoded(pictures) }) };
}

function plainOf(record: RunRecord, report: AttackReport, corrupted?: CorruptionTable): PlainTable {
  const { count } = report;
  const row = (
    title: string,
    share: number,
    interval: Interval | undefined,
    images = count,
  ): PlainTable['rows'][number] => [
    // An attack that is not through with every image has an accuracy of its own images.
    images === count ? title : `${title} (${images} images)`,
    `${(100 * share).toFixed(1)} %`,
    interval ? `${percentRange(interval)} %` : '',
  ];
  return {
    heading: `${record.name}: ${count} images of ${report.dataset}`,
    titles: ['attack', 'accuracy', '95 % interval'],
    after: 'Pictures, curves and single images need scripts.',
    rows: [
      row('clean', report.cleanAccuracy, report.cleanAccuracyInterval),
      ...listedAttacks(report).map((attack) =>
        row(plainTitle(attack), attack.robustAccuracy, attack.robustAccuracyInterval, attack.images.length),
      ),
      ...(report.attacks.length > 0
        ? [row('worst case', report.robustAccuracy, report.robustAccuracyInterval)]
        : []),
      ...(corrupted ? corruptionRows(corrupted) : []),
    ],
    warnings: report.warnings,
  };
}

/** The means over severities, and over all. */
function corruptionRows({
  corruptions,
  rows,
  meanAccuracy,
  meanAccuracyInterval,
}: CorruptionTable): PlainTable['rows'] {
  const share = (value: number): string => `${(100 * value).toFixed(1)} %`;
  const own = corruptions.flatMap(({ name, title }): PlainTable['rows'] => {
    const mean = meanOf(rows.filter(({ corruption }) => corruption === name));
    return mean === undefined ? [] : [[`corruption: ${title}`, share(mean), '']];
  });
  if (meanAccuracy === undefined) return own;
  const range = meanAccuracyInterval ? `${percentRange(meanAccuracyInterval)} %` : '';
  return [...own, ['mean over corruptions', share(meanAccuracy), range]];
}

/** With how often a targeted attack reached its target: its accuracy does not say that. */
function plainTitle(attack: AttackReport['attacks'][number]): string {
  const counts = targetCounts(attack);
  return counts
    ? `${attack.title} (target reached by ${counts.reached} of ${counts.attacked} attacked images)`
    : attack.title;
}
