import type { ReportAnalysis } from '../runs/run-files';
import { classResults } from './class-results';
import { confusion } from './confusion';
import { normDistributions } from './norm-distribution';
import type { AnalysedReport } from './report-attacks';
import { robustnessCurves } from './robustness-curves';

/** What follows from the images of a report, also while it fills: of its first `count` images. */
export function analyseReport(report: AnalysedReport): ReportAnalysis {
  return {
    classes: classResults(report),
    confusion: confusion(report),
    curves: robustnessCurves(report),
    norms: normDistributions(report),
  };
}
