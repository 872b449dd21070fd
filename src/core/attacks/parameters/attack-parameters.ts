import type { StoredAttack } from './stored-attack';
import type { TargetRule } from './target-schema';

export const norms = ['linf', 'l2', 'l1', 'l0'] as const;
/** How the size of a perturbation is measured, over all values of an image. */
export type Norm = (typeof norms)[number];

/** Parameters of any attack: those that several have, and whatever else its own are; its definition knows them. */
export interface AttackParameters extends StoredAttack {
  readonly norm?: Norm | undefined;
  readonly stepSize?: number | undefined;
  readonly steps?: number | undefined;
  readonly restarts?: number | undefined;
  readonly eotSamples?: number | undefined;
  readonly targeted?: boolean | undefined;
  readonly target?: TargetRule | undefined;
}
