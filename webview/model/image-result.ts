import type { AttackReport } from '../../src/core/runs/run-files';

type Attack = AttackReport['attacks'][number];
type ImageResult = Attack['images'][number];

/** How an attacked image came out: right on every picture, fooled by an attack, or wrong before any attack. */
export type Outcome = 'robust' | 'fooled' | 'misclassified';

export const outcomeWords: Readonly<Record<Outcome, string>> = {
  robust: 'robust',
  fooled: 'fooled',
  misclassified: 'wrong before',
};

export function resultOf({ cleanPrediction, label, broken }: ImageResult): Outcome {
  if (cleanPrediction !== label) return 'misclassified';
  return broken ? 'fooled' : 'robust';
}

/** The images that an attack has attacked itself: right before, and not fooled by a member of its ensemble before it. */
export function attackedBy({ images }: Attack): ImageResult[] {
  return images.filter((image) => image.carriedFrom === undefined && resultOf(image) !== 'misclassified');
}
