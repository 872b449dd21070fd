import type { ProgramInput } from '../../engine/arrays/device-array';
import type { NdArray } from '../../engine/arrays/nd-array';
import type { Random } from '../../random';
import { streamsOfRound } from './image-streams';
import type { StartPool } from './start-pool';
import type { Victim } from './victim';

/** Natural images and their true classes. */
export interface LabelledImages {
  /** float32 [N, H, W, C] in [0, 1]. */
  readonly images: NdArray<'float32'>;
  /** [N], each in [0, classes). */
  readonly labels: Int32Array;
  /** For a targeted attack: the class that each image is to be taken for, never its label. [N] */
  readonly targetClasses?: Int32Array | undefined;
}

export interface AttackContext {
  /**
   * A stream of random numbers for each image of the batch. What an attack draws for an image comes from its stream
   * alone, so that the image's result does not depend on the others of its batch.
   */
  readonly streams: readonly Random[];
  /** Images that a decision-based attack may start from; classified when they are asked for first. */
  readonly startPool: () => Promise<StartPool>;
  /** Told of an image for which a decision-based attack found nothing to start from. */
  readonly onNoStart?: ((row: number) => void) | undefined;
  /** Cancels within a batch, after at most some two seconds of steps, not only between two batches. */
  readonly signal: AbortSignal;
}

/**
 * The context of some rows of a batch, for one of several searches.
 * @param rows the rows that a search is about, those of padding last
 * @param search how many of `rows` are no padding; which search it is, counted from 0
 */
export function contextOfRows(
  { streams, startPool, signal, onNoStart }: AttackContext,
  rows: readonly number[],
  { open, round }: { readonly open: number; readonly round: number },
): AttackContext {
  return {
    streams: streamsOfRound(streams, rows, round),
    startPool,
    signal,
    onNoStart: (row) => {
      const own = rows[row];
      if (row < open && own !== undefined) onNoStart?.(own);
    },
  };
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
