import type { BestNetwork } from '../records/best-network';
import type { EvaluationRow } from '../records/run-files';
import { wilsonInterval } from '../report/wilson-interval';
import type { CheckpointMetadata } from '../runs/checkpoint-store';

/** What of an evaluation the choice looks at. */
export type Measured = Pick<EvaluationRow, 'step' | 'count' | 'robustAccuracy' | 'cleanAccuracy'>;

/** Which network of a training is the best one, evaluation by evaluation. */
export interface BestChoice {
  /** Of the best network; null before the first evaluation. */
  readonly robustAccuracy: number | null;
  /** What a checkpoint has to keep beside it: null before the first evaluation, undefined where that is nothing. */
  readonly state: BestNetwork | null | undefined;
  /** @returns whether the network of this evaluation is the best one so far */
  next(evaluation: Measured): boolean;
}

/**
 * The choice of a run, for its whole life. One that holds no images out chooses as runs of earlier versions did, and so does
 * one that such a version began.
 * @param from of the checkpoint that it goes on from
 */
export function bestChoice(
  holdsOut: boolean,
  from: Pick<CheckpointMetadata, 'best' | 'bestRobustAccuracy'> | undefined,
): BestChoice {
  const began = from === undefined ? null : from.best;
  return holdsOut && began !== undefined
    ? new CleanAmongEquals(began)
    : new HighestRobust(from?.bestRobustAccuracy ?? null);
}

/**
 * Robust accuracy decides; where the highest one so
 * far can't be told apart from an evaluation's, because that lies in its 95 % interval, the higher clean accuracy does.
 *
 * All are compared with the highest robust accuracy, not with that of the network that is kept, so that a row of small
 * losses can't add up. A network that was passed over is not kept, and can't come back: when the highest accuracy rises so
 * far that the best network is below its interval, the network that rose takes its place, also where one between the
 * two had a higher clean accuracy.
 */
export class CleanAmongEquals implements BestChoice {
  constructor(private current: BestNetwork | null = null) {}

  get state(): BestNetwork | null {
    return this.current;
  }

  get robustAccuracy(): number | null {
    return this.current?.robustAccuracy ?? null;
  }

  next({ step, count, robustAccuracy, cleanAccuracy }: Measured): boolean {
    const now = { step, robustAccuracy, cleanAccuracy };
    if (!this.current) {
      this.current = { ...now, highest: { robustAccuracy, count } };
      return true;
    }
    const { highest: before, ...best } = this.current;
    const highest = robustAccuracy > before.robustAccuracy ? { robustAccuracy, count } : before;
    const [least] = wilsonInterval(highest.robustAccuracy, highest.count) ?? [0];
    const isBetter =
      robustAccuracy >= least &&
      (best.robustAccuracy < least ||
        cleanAccuracy > best.cleanAccuracy ||
        (cleanAccuracy === best.cleanAccuracy && robustAccuracy > best.robustAccuracy));
    this.current = { ...(isBetter ? now : best), highest };
    return isBetter;
  }
}

/** The highest robust accuracy, whatever the clean one is; the first of equal ones. */
class HighestRobust implements BestChoice {
  readonly state = undefined;

  constructor(private highest: number | null) {}

  get robustAccuracy(): number | null {
    return this.highest;
  }

  next({ robustAccuracy }: Measured): boolean {
    if (this.highest !== null && robustAccuracy <= this.highest) return false;
    this.highest = robustAccuracy;
    return true;
  }
}
