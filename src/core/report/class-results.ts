import type { ReportAnalysis } from '../records/run-files';
import { wilsonInterval } from './wilson-interval';
import {
  countedBreaks,
  countedImages,
  countingAttacks,
  isCorrect,
  type AnalysedReport,
} from './report-attacks';

/** For each class that occurs: how many images, classified correctly clean, and under every attack that counts. */
export function classResults(report: AnalysedReport): ReportAnalysis['classes'] {
  const [first] = countingAttacks(report);
  const images = first ? countedImages(report, first) : [];
  const breaks = countedBreaks(report);
  const classes = new Map<number, { label: number; count: number; clean: number; robust: number }>();
  for (const [n, image] of images.entries()) {
    const { label } = image;
    const result = classes.get(label) ?? { label, count: 0, clean: 0, robust: 0 };
    classes.set(label, result);
    result.count++;
    if (!isCorrect(image)) continue;
    result.clean++;
    if (!breaks.some((broken) => broken.has(n))) result.robust++;
  }
  return [...classes.values()]
    .sort((a, b) => a.label - b.label)
    .map((result) => ({
      ...result,
      cleanInterval: wilsonInterval(result.clean / result.count, result.count),
      robustInterval: wilsonInterval(result.robust / result.count, result.count),
    }));
}
