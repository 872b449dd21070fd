import { isMoved } from '../../src/core/attacks/parameters/moved';
import type { AttackReport } from '../../src/core/records/run-files';

type ImageResult = AttackReport['attacks'][number]['images'][number];

/** How an attacked image came out: right on every picture, misclassified under an attack, or wrong before any attack. */
export type Outcome = 'robust' | 'fooled' | 'misclassified';

const outcomeWords: Readonly<Record<Outcome, string>> = {
  robust: 'robust',
  fooled: 'fooled',
  misclassified: 'wrong before',
};

export function resultOf(image: ImageResult): Outcome {
  if (image.cleanPrediction !== image.label) return 'misclassified';
  return isMoved(image) ? 'fooled' : 'robust';
}

/** The outcome in words; under a targeted attack also whether it was the target. */
export function resultText(image: ImageResult): string {
  const { target, label, broken } = image;
  const outcome = resultOf(image);
  if (target === undefined || outcome === 'misclassified') return outcomeWords[outcome];
  if (broken) return 'target reached';
  if (target === label) return 'left out: target is the label';
  return outcome === 'fooled' ? 'fooled, not the target' : outcomeWords[outcome];
}
