import { Evaluator } from '../attacks/evaluation/evaluator';
import type { Prediction } from '../attacks/base/predictions';
import { gatherImages, gatherLabels } from '../data/batch';
import type { ImageSource } from '../data/image-source';
import type { Device } from '../engine/devices/device';
import { wilsonInterval } from '../report/wilson-interval';
import { inputLine } from '../report/input-text';
import { inputOf } from '../attacking/attack-report';
import { assertLabels } from '../attacking/attack-images';
import type { Classifier } from '../attacking/classifier';
import { soundVictim } from '../attacking/sound-victim';
import type { CleanImages, SavedExamples } from '../attacking/saved-examples';
import type { TransferPart, TransferRow } from '../records/transfer-files';

export interface MeasureOptions {
  readonly device: Device;
  /** Of a CPU that takes its place. */
  readonly threads: number;
  readonly batchSize: number;
  readonly signal: AbortSignal;
  /** Called with the images of each batch that was classified. */
  readonly onImages: (count: number) => void;
  /** How the network takes its input. */
  readonly onLog: (text: string) => void;
}

/** Images that {@link measureTarget} classifies: those of every source, and the clean ones that they share once. */
export function imagesToClassify(examples: readonly SavedExamples[]): number {
  return (
    examples.reduce((sum, { images }) => sum + images.set.count, 0) +
    [...cleanCounts(examples).values()].reduce((sum, count) => sum + count, 0)
  );
}

/**
 * Shows saved examples to one network, and the clean images that belong to them.
 * @throws M2atError `data` for labels that are no class of the network; `cancelled`
 */
export async function measureTarget(
  target: Classifier,
  examples: readonly SavedExamples[],
  { device, threads, batchSize, signal, onImages, onLog }: MeasureOptions,
): Promise<TransferRow[]> {
  const [first] = examples;
  if (!first) return [];
  const { height, width, channels } = first.images.set;
  const imageShape = [height, width, channels];
  const victim = await soundVictim(target, device, { imageShape, threads, isShared: true });
  const { insteadOf } = victim.device.details;
  if (insteadOf && victim.device !== device)
    onLog(
      `${target.modelFile}: ${victim.device.name} computes instead of ${insteadOf.name}: ${insteadOf.reason}`,
    );
  const input = inputOf(target, victim.classes);
  if (input) onLog(`${target.modelFile}: ${inputLine(input)}`);
  for (const { images } of examples) assertLabels(images.set, victim.classes, images.name);
  const evaluator = new Evaluator(victim, [], batchSize);
  const classify = async (set: ImageSource, indices: readonly number[]): Promise<boolean[]> => {
    const right: boolean[] = [];
    for (let from = 0; from < indices.length; from += batchSize) {
      const part = indices.slice(from, from + batchSize);
      const labels = gatherLabels(set, part);
      const predictions: Prediction[] = await evaluator.predict(
        await gatherImages(set, part),
        labels,
        signal,
      );
      right.push(...predictions.map(({ label }, n) => label === labels[n]));
      onImages(part.length);
    }
    return right;
  };
  try {
    const clean = new Map<CleanImages, boolean[]>();
    for (const [images, count] of cleanCounts(examples)) {
      clean.set(images, await classify(images.set, images.indices.slice(0, count)));
    }
    const rows: TransferRow[] = [];
    for (const one of examples) {
      const { set } = one.images;
      const right = await classify(set, [...Array(set.count).keys()]);
      rows.push({
        source: one.source,
        target: target.modelFile,
        format: target.model.format,
        isSource: one.source.checkpoint === target.modelFile,
        count: set.count,
        ...partsOf(right, one.clean && clean.get(one.clean), one.fools),
        device: victim.device.name,
        measuredAt: new Date().toISOString(),
      });
    }
    return rows;
  } finally {
    await evaluator.dispose();
    if (victim.device !== device) await victim.device.dispose();
  }
}

function partsOf(
  right: readonly boolean[],
  clean: readonly boolean[] | undefined,
  fools: readonly boolean[] | undefined,
): Pick<TransferRow, 'accuracy' | 'clean' | 'fooled' | 'transferred'> {
  const accuracy = partOf(right, () => true);
  if (!clean) return { accuracy };
  const wrong = right.map((one) => !one);
  return {
    accuracy,
    clean: partOf(clean.slice(0, right.length), () => true),
    fooled: partOf(wrong, (n) => clean[n] === true),
    ...(fools && { transferred: partOf(wrong, (n) => clean[n] === true && fools[n] === true) }),
  };
}

/** How many of the images that count have something. */
function partOf(has: readonly boolean[], counts: (n: number) => boolean): TransferPart {
  const counted = has.filter((_, n) => counts(n));
  const [count, of] = [counted.filter(Boolean).length, counted.length];
  if (of === 0) return { count, of };
  const share = count / of;
  return { count, of, share, interval: wilsonInterval(share, of) };
}

/** For each set of clean images how many of them are needed. */
function cleanCounts(examples: readonly SavedExamples[]): ReadonlyMap<CleanImages, number> {
  const counts = new Map<CleanImages, number>();
  for (const { clean, images } of examples) {
    if (clean) counts.set(clean, Math.max(counts.get(clean) ?? 0, images.set.count));
  }
  return counts;
}
