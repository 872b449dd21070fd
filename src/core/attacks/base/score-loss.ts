import type { LabelledImages } from './attack';
import { logProbability, marginOf } from './margin';

/** What a score-based attack lowers. */
export type ScoreLoss = 'margin' | 'cross-entropy';

/** The class that an image is to leave, and the one to reach where there is a target. */
export interface Aim {
  readonly label: number;
  readonly target?: number | undefined;
}

/** One an image. */
export function aimsOf({ labels, targetClasses }: LabelledImages): Aim[] {
  return Array.from(labels, (label, n) => ({ label, target: targetClasses?.[n] }));
}

/**
 * The loss of one image's logits, lower the nearer the attack is. `margin`: the logit of the label minus the largest other
 * or, towards a target, the largest other minus that of the target. `cross-entropy`: the logarithm of the label's
 * probability or, negated, of the target's.
 */
export function scoreLoss(kind: ScoreLoss, logits: Float32Array, { label, target }: Aim): number {
  const of = kind === 'margin' ? marginOf : logProbability;
  return target === undefined ? of(logits, label) : -of(logits, target);
}

/** Whether an attack has what it wants. A logit that is NaN makes an image misclassified, but reaches no target. */
export function isThrough(logits: Float32Array, aim: Aim): boolean {
  return scoreLoss('margin', logits, aim) < 0;
}

/** Of the largest logit: two passes over the same image differ by less. */
const CLEAR = 1e-5;

/** Whether it has that by a margin which no other pass over the same image takes away by rounding. */
export function isClearlyThrough(logits: Float32Array, aim: Aim): boolean {
  let largest = 0;
  for (const value of logits) if (Number.isFinite(value)) largest = Math.max(largest, Math.abs(value));
  return scoreLoss('margin', logits, aim) < -CLEAR * largest;
}
