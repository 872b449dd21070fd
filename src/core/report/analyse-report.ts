import type { AttackReport, ReportAnalysis } from '../runs/run-files';
import { classResults } from './class-results';
import { confusion } from './confusion';
import { normDistributions } from './norm-distribution';
import type { AnalysedReport } from './report-attacks';
import { robustnessCurves } from './robustness-curves';

/** A report with its analysis: those of the first versions lack it. */
export function withAnalysis(report: AttackReport): AttackReport {
  return report.analysis ? report : { ...report, analysis: analyseReport(report) };
}

/** What follows from the images of a report, also while it fills: of its first `count` images. */
export function analyseReport(report: AnalysedReport): ReportAnalysis {
  return {
    classes: classResults(report),
    confusion: confusion(report),
    curves: robustnessCurves(report),
    norms: normDistributions(report),
  };
}
