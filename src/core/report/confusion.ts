import type { ReportAnalysis } from '../records/run-files';
import {
  countedBreaks,
  countedImages,
  countingAttacks,
  type AnalysedReport,
  type ReportedImage,
} from './report-attacks';

type Confusion = ReportAnalysis['confusion'];

/**
 * Labels against predictions, clean and under attack. Of the attacks that broke an image, the one with the highest
 * loss decides; where none did, the clean prediction stands.
 */
export function confusion(report: AnalysedReport): Confusion {
  const [counting] = countingAttacks(report);
  const images = counting ? countedImages(report, counting) : [];
  const breaks = countedBreaks(report);
  return {
    clean: counted(images.map(({ label, cleanPrediction }) => [label, cleanPrediction])),
    adversarial: counted(
      images.map(({ label, cleanPrediction }, n) => {
        const broken = breaks.flatMap((examples) => examples.get(n) ?? []);
        const [first, ...others] = broken;
        if (!first) return [label, cleanPrediction];
        const worst = others.reduce((worse, other) => (lossOf(other) > lossOf(worse) ? other : worse), first);
        return [label, worst.adversarialPrediction];
      }),
    ),
  };
}

/** A loss that is no finite number was too large for one. */
function lossOf({ loss }: ReportedImage): number {
  return loss ?? Infinity;
}

function counted(pairs: readonly (readonly [label: number, prediction: number])[]): Confusion['clean'] {
  const counts = new Map<string, [number, number, number]>();
  for (const [label, prediction] of pairs) {
    const key = `${label} ${prediction}`;
    const entry = counts.get(key) ?? [label, prediction, 0];
    entry[2]++;
    counts.set(key, entry);
  }
  return [...counts.values()].sort((a, b) => a[0] - b[0] || a[1] - b[1]);
}
