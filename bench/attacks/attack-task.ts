/** What both sides are told; as `attack_peer.py` takes it. */
export interface AutoAttackTask {
  readonly norm: 'linf' | 'l2' | 'l1';
  readonly epsilon: number;
  readonly version: 'standard' | 'rand';
  /** Standard deviation of normal noise that is added to the images in every pass; 0: none. */
  readonly noise: number;
  /** Some of the ensemble, by their names; null: all. */
  readonly members: readonly string[] | null;
  /** Square's. */
  readonly queries: number;
  readonly seed: number;
  readonly batch: number;
}

export interface PgdTask {
  readonly epsilon: number;
  readonly step: number;
  readonly steps: number;
  readonly start: 'random' | 'clean';
  readonly seed: number;
  readonly batch: number;
}

/** What became of the images. */
export interface AttackRun {
  readonly seconds: number;
  /** The attacks of an ensemble in their order, and how many images withstood it up to there. */
  readonly members: readonly { readonly name: string; readonly seconds: number; readonly robust: number }[];
  /** 1 for an image that is classified correctly in the end. */
  readonly robust: readonly (0 | 1)[];
}
