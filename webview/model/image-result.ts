import type { AttackReport } from '../../src/core/runs/run-files';

type ImageResult = AttackReport['attacks'][number]['images'][number];

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
