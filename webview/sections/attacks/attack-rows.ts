import { hasNoBudget } from '../../../src/core/attacks/parameters/known-attack';
import { attackCounts, type AttackCounts } from '../../../src/core/report/attack-counts';
import type { Interval } from '../../../src/core/report/wilson-interval';
import type { AttackReport } from '../../../src/core/records/run-files';
import {
  countingParts,
  isLoweredByCurve,
  partsOf,
  type Placed,
  type ReportPart,
} from '../../state/report-parts';
import { attackNorm, known, normName, normText } from '../../text/attack-norm';
import type { AttackProgress } from '../../state/attack-progress';
import { attackText } from '../../text/attack-text';
import * as format from '../../text/format';

/** A line of the list of attacks. */
export interface AttackRow {
  readonly kind: 'clean' | 'ensemble' | 'member' | 'attack' | 'worst';
  readonly title: string;
  readonly note: string;
  /** Fraction in [0, 1]; undefined before the first image. */
  readonly accuracy: number | undefined;
  /** The 95 % interval that it has, and the images that both are of. */
  readonly interval?: Interval | undefined;
  readonly images?: number | undefined;
  /** What it was before this member of an ensemble. */
  readonly before?: number | undefined;
  readonly seconds?: number | undefined;
  /** Place in the report's `attacks`: its images can be listed. */
  readonly attack?: number;
  /** It runs now. */
  readonly running?: { readonly done: number; readonly total: number } | undefined;
}

type Attack = AttackReport['attacks'][number];

/** Accuracy without an attack, after each attack, its ensembles with their members, and the worst case. */
export function attackRows(report: AttackReport, progress?: AttackProgress): AttackRow[] {
  const parts = partsOf(report);
  const rows = parts.flatMap((part) => partRows(report, part, progress));
  const coming = progress && progress.place >= report.attacks.length ? [comingRow(progress)] : [];
  return [
    {
      kind: 'clean',
      title: 'No attack',
      note: format.counted(report.count, 'image'),
      accuracy: report.cleanAccuracy,
      interval: report.cleanAccuracyInterval,
      images: report.count,
    },
    ...rows,
    ...coming,
    ...(parts.length > 1 || isLoweredByCurve(report)
      ? [
          {
            kind: 'worst' as const,
            title: 'Worst case',
            note: worstNote(report, parts),
            accuracy: report.robustAccuracy,
            interval: report.robustAccuracyInterval,
            images: report.count,
          },
        ]
      : []),
  ];
}

function worstNote(report: AttackReport, parts: readonly ReportPart[]): string {
  if (isLoweredByCurve(report)) return 'images that withstand the smaller epsilons of the curve as well';
  return countingParts(report).length < parts.length
    ? 'images that withstand every attack with a limit on the norm'
    : 'images that withstand every attack';
}

function partRows(report: AttackReport, part: ReportPart, progress?: AttackProgress): AttackRow[] {
  if (!part.ensemble) {
    return part.attacks.map((placed) => attackRow(report, 'attack', placed, progress));
  }
  const seconds = part.attacks.reduce((sum, { attack }) => sum + attack.seconds, 0);
  const members = part.attacks.map((placed, at) => ({
    ...attackRow(report, 'member', placed, progress),
    before: at === 0 ? report.cleanAccuracy : part.attacks[at - 1]?.attack.robustAccuracy,
  }));
  const note = `${format.counted(members.length, 'attack')}, each on what withstood those before`;
  const { title, robustAccuracy: accuracy, interval } = part;
  const images = members.at(-1)?.images;
  return [{ kind: 'ensemble', title, note, accuracy, interval, images, seconds }, ...members];
}

function attackRow(
  { analysis, count }: AttackReport,
  kind: 'attack' | 'member',
  { attack, place }: Placed,
  progress?: AttackProgress,
): AttackRow {
  const runs = progress?.place === place;
  // A page may list fewer images than were attacked: the analysis knows of them all.
  const counts = analysis?.attacks?.[place] ?? attackCounts(known(attack));
  const { images } = counts;
  return {
    kind,
    title: attack.title,
    note: [
      attackText(attack),
      // The clean accuracy and the worst case are of those that every attack is through with.
      images === undefined || images === count ? '' : `accuracy of ${format.counted(images, 'image')}`,
      fooledText(counts),
      medianText(attack, counts),
      eightBitText(attack),
    ]
      .filter(Boolean)
      .join(' · '),
    accuracy: attack.images.length === 0 ? undefined : attack.robustAccuracy,
    interval: attack.robustAccuracyInterval,
    images,
    seconds: attack.seconds,
    attack: place,
    running: runs ? { done: progress.done, total: progress.total } : undefined,
  };
}

function comingRow({ title, done, total }: AttackProgress): AttackRow {
  return { kind: 'attack', title, note: '', accuracy: undefined, running: { done, total } };
}

function fooledText({ attacked, fooled, misclassified, leftOut = 0 }: AttackCounts): string {
  if (misclassified !== undefined) {
    const share = attacked === 0 ? '' : ` (${format.percent(fooled / attacked)})`;
    return [
      `target reached by ${format.integer(fooled)} of ${format.counted(attacked, 'attacked image')}${share}`,
      `${format.integer(misclassified)} misclassified`,
      ...(leftOut > 0 ? [`${format.integer(leftOut)} left out, whose label is the target`] : []),
    ].join(', ');
  }
  return `${format.integer(fooled)} of ${format.counted(attacked, 'attacked image')} fooled`;
}

function eightBitText({ survivesRounding }: Attack): string {
  if (!survivesRounding || survivesRounding.of === 0) return '';
  const { count, of } = survivesRounding;
  return `${format.integer(count)} of ${format.counted(of, 'example')} still adversarial in 8 bits`;
}

/** Where no budget bounds it, the accuracy says little without the size of what it took. */
function medianText(attack: Attack, { medianNorm }: AttackCounts): string {
  if (!hasNoBudget(known(attack))) return '';
  const norm = attackNorm(attack);
  if (medianNorm === null || norm === undefined) return '';
  return `median ${normName(norm)} norm ${normText(norm, medianNorm)}, no limit`;
}
