import type { AttackReport, ReportAnalysis } from '../runs/run-files';
import { attackCounts } from './attack-counts';
import { classResults } from './class-results';
import { confusion } from './confusion';
import { normDistributions } from './norm-distribution';
import type { AnalysedReport } from './report-attacks';
import { robustnessCurves } from './robustness-curves';

/** A report with its analysis: those of earlier versions lack it, or parts of it. */
export function withAnalysis(report: AttackReport): AttackReport {
  const { analysis } = report;
  return analysis?.attacks ? report : { ...report, analysis: { ...analyseReport(report), ...analysis } };
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
