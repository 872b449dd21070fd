import type { EvaluationRow } from '../records/run-files';
import type { TrainingWatch } from '../records/training-watch';
import { wilsonInterval } from '../report/wilson-interval';
import type { ResolvedExperiment } from '../experiment/experiment-schema';
import type { StepPasses } from '../methods/define-method';

/** A training that goes wrong although every number is finite. */
export type CollapseSign =
  /** Over a whole epoch the network knew no more of its batches than one that guesses. Accuracies in [0, 1]. */
  | { readonly sign: 'accuracy-at-chance'; readonly accuracy: number; readonly chance: number }
  /** Robust accuracy in [0, 1] and mean training loss, at the best evaluation and now. */
  | { readonly sign: 'catastrophic-overfitting'; readonly from: Measured; readonly to: Measured };

export interface Measured {
  readonly step: number;
  readonly robustAccuracy: number;
  /** Images that it is a share of. */
  readonly count: number;
  /** Mean training loss over the steps since the evaluation before. */
  readonly loss: number;
}

/** What an evaluation during training means for it. */
export interface Verdict {
  readonly sign?: CollapseSign;
  /** It is not below the best one by more than chance: a network worth going back to. */
  readonly steady: boolean;
}

export interface WatchOptions {
  readonly classes: number;
  readonly batchSize: number;
  readonly stepsPerEpoch: number;
  /** Whether the inner attack is a single step; only then an evaluation can tell of catastrophic overfitting. */
  readonly singleStep: boolean;
  readonly earlyStopping?: ResolvedExperiment['training']['earlyStopping'];
  /** Of the checkpoint that the run goes on from. */
  readonly from?: TrainingWatch | undefined;
}

/**
 * Whether a method sees its adversarial images after a single step of the attack: one pass for it, or none where the passes
 * that train make the perturbation, each batch replayed.
 */
export function isSingleStep({ attack, training }: StepPasses): boolean {
  return attack === 1 || (attack === 0 && training > 1);
}

/** Sees from the numbers of steps and evaluations that a training collapses. */
export class CollapseWatch {
  private current: TrainingWatch;

  constructor(private readonly options: WatchOptions) {
    this.current = options.from ?? {
      epoch: { steps: 0, accuracy: 0 },
      losses: { steps: 0, loss: 0 },
      sinceBest: 0,
    };
  }

  /** What it remembers. */
  get state(): TrainingWatch {
    return this.current;
  }

  /** Why the training ends here; undefined while it does not. */
  get ended(): TrainingWatch['ended'] {
    return this.current.ended;
  }

  /**
   * @param step from 1
   * @param accuracy share of its batch that the network classified as its label says
   */
  stepDone(step: number, { loss, accuracy }: { loss: number; accuracy: number }): CollapseSign | undefined {
    const { epoch, losses } = this.current;
    this.current = {
      ...this.current,
      epoch: { steps: epoch.steps + 1, accuracy: epoch.accuracy + accuracy },
      losses: { steps: losses.steps + 1, loss: losses.loss + loss },
    };
    const { stepsPerEpoch } = this.options;
    return step % stepsPerEpoch === 0 ? this.epochDone(step / stepsPerEpoch) : undefined;
  }

  /**
   * Catastrophic overfitting is a robust accuracy below half of the best so far, by more than the two 95 % intervals
   * together (what each leaves between it and the other), while the training loss fell. The best has to be above chance.
   */
  evaluated({ step, count, robustAccuracy, attacks }: EvaluationRow): Verdict {
    const { losses, best, sinceBest } = this.current;
    const now = { step, robustAccuracy, count, loss: losses.loss / losses.steps };
    const isBest = !best || robustAccuracy > best.robustAccuracy;
    this.current = {
      ...this.current,
      losses: { steps: 0, loss: 0 },
      ...(isBest ? { best: now, sinceBest: 0 } : { sinceBest: sinceBest + 1 }),
    };
    const { earlyStopping, singleStep } = this.options;
    const margin = best ? leftBelow(best) + leftAbove(now) : 0;
    const steady = !best || best.robustAccuracy - robustAccuracy <= margin;
    // A network that answers with one class withstands everything on the images of that class: that is nothing to fall from.
    const isAboveChance = best && best.robustAccuracy - leftBelow(best) > 1 / this.options.classes;
    if (isAboveChance && singleStep && attacks.length > 0) {
      if (best.robustAccuracy / 2 - robustAccuracy > margin && now.loss < best.loss) {
        if (earlyStopping?.catastrophicOverfitting) this.end('catastrophic-overfitting');
        return { steady, sign: { sign: 'catastrophic-overfitting', from: best, to: now } };
      }
    }
    const { patience } = earlyStopping ?? {};
    if (patience !== undefined && this.current.sinceBest >= patience) this.end('patience');
    return { steady };
  }

  private end(reason: NonNullable<TrainingWatch['ended']>): void {
    this.current = { ...this.current, ended: reason };
  }

  private epochDone(epoch: number): CollapseSign | undefined {
    const { stepsPerEpoch, batchSize, classes } = this.options;
    const { epoch: seen, before, ...rest } = this.current;
    const isWhole = seen.steps === stepsPerEpoch;
    const [accuracy, chance] = [seen.accuracy / seen.steps, 1 / classes];
    this.current = { ...rest, epoch: { steps: 0, accuracy: 0 }, ...(isWhole && { before: accuracy }) };
    // In the first epoch every network begins there; of one that was not seen whole nothing is known.
    if (epoch < 2 || !isWhole) return undefined;
    const intervalOf = (share: number) => wilsonInterval(share, stepsPerEpoch * batchSize) ?? [0, 1];
    const [low, high] = intervalOf(accuracy);
    // Of few images a guess and a little knowledge look the same.
    if (high - low > chance / 2) return undefined;
    // From where an attack wins, which is below chance, the accuracy of a network that learns passes it.
    if (before !== undefined && intervalOf(before)[1] < chance) return undefined;
    return low <= chance && chance <= high ? { sign: 'accuracy-at-chance', accuracy, chance } : undefined;
  }
}

function leftBelow({ robustAccuracy, count }: Measured): number {
  return robustAccuracy - (wilsonInterval(robustAccuracy, count)?.[0] ?? 0);
}

function leftAbove({ robustAccuracy, count }: Measured): number {
  return (wilsonInterval(robustAccuracy, count)?.[1] ?? 1) - robustAccuracy;
}
