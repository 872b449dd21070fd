import { attacks as builtIn } from '../core/attacks';
import type { AttackEntry } from '../core/attacks/base/define-attack';
import { fractionText } from '../core/fraction';
import { printable } from '../core/printable';
import { withFacts } from '../core/report/known-report';
import { countingAttacks, listedAttacks } from '../core/report/report-attacks';
import { targetCounts } from '../core/report/target-counts';
import type { AttackReport, ReportAnalysis } from '../core/records/run-files';
import { accuracyCell, clock, percent, range, table } from '../core/report/text-table';

type Curve = ReportAnalysis['curves'][number];

/** A report for people who read a terminal: accuracies, curves, minimal norms, warnings. */
export function attackSummary(report: AttackReport, list: readonly AttackEntry[] = builtIn): string {
  const attacks = listedAttacks(report);
  const counting = countingAttacks(withFacts(report, list));
  const worst = counting.length < attacks.length ? 'worst case with a budget' : 'worst case';
  // The smaller epsilons of a curve may break what the attack itself does not.
  const lowered = attacks.some(({ robustAccuracy }) => report.robustAccuracy < robustAccuracy);
  const { count, cleanAccuracyInterval, robustAccuracyInterval } = report;
  const rows = [
    {
      title: 'clean',
      accuracy: report.cleanAccuracy,
      interval: cleanAccuracyInterval,
      images: count,
      time: '',
      kept: '',
    },
    ...attacks.map((attack) => ({
      title: attack.title,
      accuracy: attack.robustAccuracy,
      interval: attack.robustAccuracyInterval,
      images: attack.images.length,
      time: clock(attack.seconds),
      kept: keptText(attack),
    })),
    ...(attacks.length > 1 || lowered
      ? [
          {
            title: worst,
            accuracy: report.robustAccuracy,
            interval: robustAccuracyInterval,
            images: count,
            time: '',
            kept: '',
          },
        ]
      : []),
  ];
  // An attack that is not through with every image, or is ahead of the others, has an accuracy of its own images.
  const differ = rows.some(({ images }) => images !== count);
  // Reports of earlier versions don't know how many examples 8 bits keep.
  const known = attacks.some(({ survivesRounding }) => survivesRounding);
  const parts = [
    printable(`${report.checkpoint}: ${differ ? '' : `${count} images of `}${report.dataset}`) +
      (report.eightBit ? ', examples on the 8-bit grid' : ''),
    table(
      [
        '',
        'accuracy',
        '95 % interval',
        ...(differ ? ['images'] : []),
        'time',
        ...(known ? ['adversarial in 8 bits'] : []),
      ],
      rows.map(({ title, accuracy, interval, images, time, kept }) => [
        title,
        percent(accuracy),
        range(interval),
        ...(differ ? [String(images)] : []),
        time,
        kept,
      ]),
    ),
    ...targetTable(attacks),
    ...curveTables(report.analysis?.curves ?? []),
    ...normTable(report),
  ];
  const warnings = report.warnings.map((warning) => `\nwarning: ${printable(warning)}\n`).join('');
  return `\n${parts.join('\n\n')}\n${warnings}`;
}

function keptText({ survivesRounding }: AttackReport['attacks'][number]): string {
  return survivesRounding ? `${survivesRounding.count} of ${survivesRounding.of}` : '';
}

/** One table a norm; a minimal-norm attack's curve is told by its quartiles. */
function curveTables(curves: readonly Curve[]): string[] {
  const measured = curves.filter(({ kind }) => kind === 'measured');
  const norms = [...new Set(measured.map(({ norm }) => norm))];
  return norms.map((norm) => {
    const own = measured.filter((curve) => curve.norm === norm);
    const epsilons = [...new Set(own.flatMap(({ points }) => points.map(({ epsilon }) => epsilon)))];
    const rows = epsilons
      .sort((a, b) => a - b)
      .map((epsilon) => [
        epsilon === 0 ? '0 (clean)' : fractionText(epsilon),
        ...own.map(({ points }) => {
          const point = points.find((one) => one.epsilon === epsilon);
          return point ? accuracyCell(point.robustAccuracy, point.robustAccuracyInterval) : '';
        }),
      ]);
    return table([`${norm} epsilon`, ...own.map(({ title }) => title)], rows);
  });
}

/** How often targeted attacks reached their target. */
function targetTable(attacks: readonly AttackReport['attacks'][number][]): string[] {
  const rows = attacks.flatMap((attack) => {
    const counts = targetCounts(attack);
    if (!counts) return [];
    const { attacked, reached, misclassified, leftOut } = counts;
    const share = (part: number): string =>
      `${part} of ${attacked}${attacked > 0 ? ` (${percent(part / attacked)})` : ''}`;
    return [[attack.title, share(reached), share(misclassified), String(leftOut)]];
  });
  return rows.length === 0 ? [] : [table(['targets', 'reached', 'misclassified', 'left out'], rows)];
}

function normTable({ analysis, attacks }: AttackReport): string[] {
  const norms = analysis?.norms ?? [];
  if (norms.length === 0) return [];
  const rows = norms.map(({ attack, attacked, found, quantiles }) => [
    attacks[attack]?.title ?? '',
    `${found} of ${attacked}`,
    ...(quantiles ? quantiles.map((value) => value.toPrecision(4)) : ['', '', '', '', '']),
  ]);
  return [table(['norms found', 'fooled', 'least', '25 %', 'median', '75 %', 'largest'], rows)];
}
