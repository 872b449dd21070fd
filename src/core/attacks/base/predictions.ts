import type { NdArray } from '../../engine/arrays/nd-array';

/** What a network says about one image. */
export interface Prediction {
  /**
   * The class with the largest logit. Where a logit is NaN, or several are infinite, a class that is not the true one:
   * the network does not know it, and the usual argmax takes NaN for the largest, too.
   */
  readonly label: number;
  /** Its softmax probability, in [0, 1]; 0 where there is none. */
  readonly confidence: number;
  /** Cross-entropy against the true class, nats. NaN where there is no softmax. */
  readonly loss: number;
  /** Of a clean image, where an attack aims by it: the class with the largest logit but for the true one. */
  readonly second?: number | undefined;
  /** The same for the smallest logit. */
  readonly leastLikely?: number | undefined;
}

/** Whether an image is taken for a class: not where the network knows no class. */
export function isTakenFor({ label, confidence }: Prediction, target: number): boolean {
  return label === target && confidence > 0;
}

/** Predictions with `second` and `leastLikely`; of equal logits the lower class. See {@link readPredictions}. */
export function readRankedPredictions(logits: NdArray, labels: ArrayLike<number>): Prediction[] {
  const classes = logits.shape[1] ?? 1;
  return readPredictions(logits, labels).map((prediction, n) => {
    const row = logits.data.subarray(n * classes, (n + 1) * classes);
    const others = Array.from(row.keys()).filter((k) => k !== labels[n]);
    const best = (sign: number): number | undefined =>
      others.reduce<number | undefined>(
        (kept, k) => (kept !== undefined && !(sign * (row[k] ?? NaN) > sign * (row[kept] ?? NaN)) ? kept : k),
        undefined,
      );
    return { ...prediction, second: best(1), leastLikely: best(-1) };
  });
}

/**
 * Reads predictions off logits.
 * @param logits [N, K]
 * @param labels the true classes of the first `labels.length` rows; rows beyond them are padding
 */
export function readPredictions(logits: NdArray, labels: ArrayLike<number>): Prediction[] {
  const classes = logits.shape[1] ?? 1;
  return Array.from({ length: labels.length }, (_, n) => {
    const row = logits.data.subarray(n * classes, (n + 1) * classes);
    return predictionOf(row, labels[n] ?? 0);
  });
}

function predictionOf(row: NdArray['data'], truth: number): Prediction {
  let label = 0;
  for (let k = 1; k < row.length; k++) if ((row[k] ?? NaN) > (row[label] ?? NaN)) label = k;
  const largest = row[label] ?? NaN;
  const isTied = !Number.isFinite(largest) && row.filter((value) => value === largest).length > 1;
  if (isTied || row.some(Number.isNaN)) {
    const others = Array.from(row.keys()).filter((k) => k !== truth);
    return { label: others.find((k) => Number.isNaN(row[k])) ?? others[0] ?? 0, confidence: 0, loss: NaN };
  }
  // Written so that an infinite logit is a certainty, and not NaN.
  const below = (value: number): number => (value === largest ? 0 : largest - value);
  let sum = 0;
  for (const value of row) sum += Math.exp(-below(value));
  return { label, confidence: 1 / sum, loss: Math.log(sum) + below(row[truth] ?? NaN) };
}
