import { attacks } from '../attacks';
import type { AttackEntry } from '../attacks/base/define-attack';
import type { AttackReport, ReportAnalysis } from '../records/run-files';
import { withIntervals } from './accuracy-intervals';
import { attackCounts } from './attack-counts';
import { classResults } from './class-results';
import { confusion } from './confusion';
import { normDistributions } from './norm-distribution';
import { withFacts } from './known-report';
import type { AnalysableReport } from './report-attacks';
import { robustnessCurves } from './robustness-curves';

/** A report with its analysis and its intervals: those of earlier versions lack them, or parts of them. */
export function withAnalysis(report: AttackReport, list: readonly AttackEntry[] = attacks): AttackReport {
  const { analysis } = report;
  const told = withIntervals(report);
  if (analysis && Object.values(completeness(analysis)).every(Boolean)) return told;
  const anew = analyseReport(report, list);
  if (!analysis) return { ...told, analysis: anew };
  const has = completeness(analysis);
  return {
    ...told,
    analysis: {
      ...analysis,
      classes: has.classes ? analysis.classes : anew.classes,
      curves: has.curves ? analysis.curves : anew.curves,
      attacks: has.attacks ? analysis.attacks : anew.attacks,
    },
  };
}

/** Whether the parts of an analysis have all that this version writes. */
function completeness({
  classes,
  curves,
  attacks,
}: ReportAnalysis): Record<'classes' | 'curves' | 'attacks', boolean> {
  return {
    classes: classes.every(({ cleanInterval }) => cleanInterval),
    curves: curves.every(({ points }) => points.every((point) => point.robustAccuracyInterval)),
    attacks: attacks?.every(({ images }) => images !== undefined) ?? false,
  };
}

/**
 * What follows from the images of a report, also while it fills: of its first `count` images, but for the counts.
 * @param list the attacks that there are
 */
export function analyseReport(
  stored: AnalysableReport,
  list: readonly AttackEntry[] = attacks,
): ReportAnalysis {
  const report = withFacts(stored, list);
  return {
    classes: classResults(report),
    confusion: confusion(report),
    curves: robustnessCurves(report),
    norms: normDistributions(report),
    attacks: report.attacks.map(attackCounts),
  };
}
