import type { StoredAttack } from '../attacks/parameters/stored-attack';
import { isMoved, type Success } from '../attacks/parameters/moved';
import { isTargeted } from '../attacks/parameters/target-rule';

/** What a targeted attack did. */
export interface TargetCounts {
  /** Images that it attacked: right before, and not of their target's class. */
  readonly attacked: number;
  /** Images whose label is their target: they were left out. */
  readonly leftOut: number;
  /** Attacked images that were taken for their target. */
  readonly reached: number;
  /** Attacked images that were misclassified, as their target or as anything else. */
  readonly misclassified: number;
}

export interface TargetedOutcome {
  readonly parameters: StoredAttack;
  readonly images: readonly (Success & {
    readonly label: number;
    readonly cleanPrediction: number;
    readonly target?: number | undefined;
    readonly carriedFrom?: number | undefined;
  })[];
}

/**
 * Of all images that an attack is through with; undefined for an untargeted one, and in reports of earlier versions, in which
 * any error was a success.
 */
export function targetCounts({ parameters, images }: TargetedOutcome): TargetCounts | undefined {
  if (!isTargeted(parameters) || images.some(({ target }) => target === undefined)) return undefined;
  const correct = images.filter(
    ({ carriedFrom, cleanPrediction, label }) => carriedFrom === undefined && cleanPrediction === label,
  );
  const attacked = correct.filter(({ target, label }) => target !== label);
  return {
    attacked: attacked.length,
    leftOut: correct.length - attacked.length,
    reached: attacked.filter(({ broken }) => broken).length,
    misclassified: attacked.filter(isMoved).length,
  };
}
