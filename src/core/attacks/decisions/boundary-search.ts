import { rowOf } from '../base/host-rows';
import type { DecisionBatch } from './decisions';
import { perturbationNorm } from '../base/perturbation';

/** Halvings beyond which float32 images would not differ. */
const FINEST = 2 ** -24;

/**
 * Brings misclassified images towards their clean ones until they are hardly misclassified, by binary search. `l2`:
 * on the line between the two; `linf`: by cutting the perturbation off at a size.
 * @param rows the images
 * @param points misclassified images, changed in place; they stay misclassified
 * @param tolerance relative to the length of the perturbation
 */
export async function bringToBoundary(
  { clean, size, ask }: DecisionBatch,
  rows: readonly number[],
  points: Float32Array,
  norm: 'l2' | 'linf',
  tolerance: number,
): Promise<void> {
  const far = points.slice();
  const whole = rows.map((n) =>
    norm === 'l2' ? 1 : perturbationNorm(rowOf(clean, n, size), rowOf(far, n, size), 'linf'),
  );
  const ends = new Map(rows.map((n, row) => [n, { low: 0, high: whole[row] ?? 0 }]));
  const halvings = Math.ceil(-Math.log2(Math.max(tolerance, FINEST)));
  for (let halving = 0; halving < halvings; halving++) {
    await ask(
      rows,
      (n, candidate) => {
        const { low, high } = ends.get(n) ?? { low: 0, high: 0 };
        shorten(rowOf(clean, n, size), rowOf(far, n, size), (low + high) / 2, norm, candidate);
      },
      (n, isAdversarial, candidate) => {
        const end = ends.get(n);
        if (!end) return;
        const middle = (end.low + end.high) / 2;
        if (isAdversarial) {
          end.high = middle;
          points.set(candidate, n * size);
        } else end.low = middle;
      },
    );
  }
}

function shorten(
  clean: Float32Array,
  far: Float32Array,
  amount: number,
  norm: 'l2' | 'linf',
  candidate: Float32Array,
): void {
  for (let i = 0; i < clean.length; i++) {
    const from = clean[i] ?? 0;
    const delta = (far[i] ?? 0) - from;
    candidate[i] = from + (norm === 'l2' ? amount * delta : Math.min(amount, Math.max(-amount, delta)));
  }
}
