import type { AttackReport, ReportAnalysis } from '../runs/run-files';
import { withIntervals } from './accuracy-intervals';
import { attackCounts } from './attack-counts';
import { classResults } from './class-results';
import { confusion } from './confusion';
import { normDistributions } from './norm-distribution';
import type { AnalysedReport } from './report-attacks';
import { robustnessCurves } from './robustness-curves';

/** A report with its analysis and its intervals: those of earlier versions lack them, or parts of them. */
export function withAnalysis(report: AttackReport): AttackReport {
  const { analysis } = report;
  const told = withIntervals(report);
  if (analysis?.attacks && hasIntervals(analysis)) return told;
  const anew = analyseReport(report);
  if (!analysis) return { ...told, analysis: anew };
  const { classes, curves } = hasIntervals(analysis) ? analysis : anew;
  return { ...told, analysis: { ...anew, ...analysis, classes, curves } };
}

function hasIntervals({ classes, curves }: ReportAnalysis): boolean {
  return (
    classes.every(({ cleanInterval }) => cleanInterval) &&
    curves.every(({ points }) => points.every((point) => point.robustAccuracyInterval))
  );
}

/** What follows from the images of a report, also while it fills: of its first `count` images, but for the counts. */
export function analyseReport(report: AnalysedReport): ReportAnalysis {
  return {
    classes: classResults(report),
    confusion: confusion(report),
    curves: robustnessCurves(report),
    norms: normDistributions(report),
    attacks: report.attacks.map(attackCounts),
  };
}
