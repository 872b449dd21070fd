import type { NdArray } from '../engine/nd-array';

/** What a network says about one image. */
export interface Prediction {
  /** The class with the largest logit. */
  readonly label: number;
  /** Its softmax probability, in [0, 1]; 0 when the logits are not numbers. */
  readonly confidence: number;
  /** Cross-entropy against the true class, nats. NaN when the logits are not numbers. */
  readonly loss: number;
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
    let label = 0;
    for (let k = 1; k < classes; k++) if ((row[k] ?? NaN) > (row[label] ?? NaN)) label = k;
    const largest = row[label] ?? NaN;
    let sum = 0;
    for (const value of row) sum += Math.exp(value - largest);
    const loss = Math.log(sum) + largest - (row[labels[n] ?? 0] ?? NaN);
    return { label, confidence: Number.isFinite(sum) ? 1 / sum : 0, loss };
  });
}

/** Whether an image is taken for another class. Logits that are no numbers say nothing about the image. */
export function isMisclassified({ label, loss }: Prediction, truth: number): boolean {
  return label !== truth && !Number.isNaN(loss);
}
