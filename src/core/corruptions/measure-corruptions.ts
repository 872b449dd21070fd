import { cancellationPoint } from '../cancellation';
import { gatherLabels } from '../data/batch';
import type { ImageSource } from '../data/image-source';
import { float32, type NdArray } from '../engine/arrays/nd-array';
import type { CorruptedImages } from './corrupted-source';
import type { CorruptionParameters } from './corruption-parameters';

/** What a network answers on an image. */
export interface Answer {
  readonly label: number;
  /** In [0, 1]. */
  readonly confidence: number;
}

export type Classify = (
  images: NdArray<'float32'>,
  labels: Int32Array,
  signal: AbortSignal,
) => Promise<readonly Answer[]>;

/** The images of a set under one corruption and one severity. */
export interface CorruptionResult {
  readonly name: string;
  readonly severity: number;
  /** Images that are classified correctly, of `count`. */
  readonly right: number;
  readonly count: number;
  /** The first image, corrupted, and the answer on it. */
  readonly shown: { readonly pixels: Uint8Array; readonly answer: Answer | undefined };
}

export interface MeasureCorruptions {
  readonly set: ImageSource;
  readonly indices: readonly number[];
  readonly images: CorruptedImages;
  readonly parameters: CorruptionParameters;
  readonly classify: Classify;
  /** Images that are corrupted and classified at once. */
  readonly batchSize: number;
  readonly signal: AbortSignal;
  /** What is through, of a corruption. */
  readonly onProgress?: (progress: {
    readonly done: number;
    readonly total: number;
    readonly name: string;
  }) => void;
}

/**
 * Measures a network on images under each corruption, one corruption after the other, with all its severities.
 * @throws M2atError `cancelled`; as the images are read
 */
export async function* measureCorruptions(
  options: MeasureCorruptions,
): AsyncGenerator<readonly CorruptionResult[], void, undefined> {
  const { parameters, indices, onProgress } = options;
  const total = parameters.severities.length * indices.length;
  for (const name of parameters.names) {
    let done = 0;
    onProgress?.({ done, total, name });
    const results: CorruptionResult[] = [];
    for (const severity of parameters.severities) {
      const tell = (count: number): void => {
        done += count;
        onProgress?.({ done, total, name });
      };
      results.push(await measureOne(options, name, severity, tell));
    }
    yield results;
  }
}

async function measureOne(
  { set, indices, images, classify, batchSize, signal }: MeasureCorruptions,
  name: string,
  severity: number,
  tell: (count: number) => void,
): Promise<CorruptionResult> {
  const size = set.height * set.width * set.channels;
  let right = 0;
  let shown: CorruptionResult['shown'] = { pixels: new Uint8Array(size), answer: undefined };
  for (let from = 0; from < indices.length; from += batchSize) {
    await cancellationPoint(signal);
    const batch = indices.slice(from, from + batchSize);
    const labels = gatherLabels(set, batch);
    const pixels = await images.read(name, severity, batch, signal);
    const answers = await classify(asImages(pixels, set), labels, signal);
    if (from === 0) shown = { pixels: pixels.slice(0, size), answer: answers[0] };
    right += answers.filter(({ label }, n) => label === labels[n]).length;
    tell(batch.length);
  }
  return { name, severity, right, count: indices.length, shown };
}

/** Bytes as a network's input has them: float32 [N, H, W, C] in [0, 1]. */
function asImages(bytes: Uint8Array, { height, width, channels }: ImageSource): NdArray<'float32'> {
  const data = Float32Array.from(bytes, (value) => value / 255);
  return float32(data, [bytes.length / (height * width * channels), height, width, channels]);
}
