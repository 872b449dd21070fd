import type { ProgramInput } from '../engine/device-array';
import type { NdArray } from '../engine/nd-array';
import type { Random } from '../random';
import type { Victim } from './victim';

/** Natural images and their true classes. */
export interface LabelledImages {
  /** float32 [N, H, W, C] in [0, 1]. */
  readonly images: NdArray<'float32'>;
  /** [N], each in [0, classes). */
  readonly labels: Int32Array;
}

export interface AttackContext {
  readonly random: Random;
  /** Cancels within a batch, after at most some two seconds of steps, not only between two batches. */
  readonly signal: AbortSignal;
}

/** An attack bound to a victim. Its programs are compiled once for each batch shape. */
export interface Attack {
  /** What a report should say about how the attack was carried out, such as a loss that took another's place. */
  readonly notes?: readonly string[];
  /**
   * @returns adversarial images: float32 of the shape of `batch.images`, in [0, 1], within the attack's budget; on
   * the device where the attack leaves them there. The caller releases them.
   * @throws M2atError `cancelled`
   */
  perturb(batch: LabelledImages, context: AttackContext): Promise<ProgramInput<'float32'>>;
  dispose(): Promise<void>;
}

/** What every attack's file exports: binds an attack with its parameters, all resolved, to a victim. */
export type CreateAttack<Parameters> = (victim: Victim, parameters: Parameters) => Attack;
