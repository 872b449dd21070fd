import type { ResolvedExperiment } from '../experiment/experiment-schema';
import { divergenceMessage, LossWatch, type DivergenceSign } from './divergence';
import type { Trainer } from './trainer';

/** Thrown inside when a loss or a weight is no finite number any more; ends the run as failed. */
export class DivergedError extends Error {}

/** Ends a training whose numbers are not finite any more, with the step and the learning rate at which that began. */
export class DivergenceGuard {
  private readonly losses: LossWatch;

  /** @param keptStep step of the checkpoint that the run goes on from */
  constructor(
    private readonly trainer: Trainer,
    private readonly training: ResolvedExperiment['training'],
    private keptStep: number | undefined,
  ) {
    this.losses = new LossWatch(trainer.replays > 1);
  }

  /** There is a checkpoint of that step. */
  saved(step: number): void {
    this.keptStep = step;
  }

  /** @param step from 1. @throws DivergedError */
  loss(step: number, loss: number): void {
    if (!Number.isFinite(loss)) this.end({ kind: 'loss', loss }, step);
    this.losses.next(step, loss);
  }

  /** @throws DivergedError */
  weights(step: number, areFinite: boolean): void {
    if (!areFinite) this.end({ kind: 'weight' }, step);
  }

  /** What is measured on a network whose outputs are no numbers is no measurement. @throws DivergedError */
  evaluation(step: number, loss: number): void {
    if (!Number.isFinite(loss)) this.end({ kind: 'evaluation', loss }, step);
  }

  private end(sign: DivergenceSign, step: number): never {
    const { trainer, training, keptStep } = this;
    throw new DivergedError(
      divergenceMessage({
        ...{ sign, step, training, keptStep },
        replayed: trainer.replays > 1,
        rise: this.losses.rise,
        rateOf: (at) => trainer.learningRate(at - 1),
        momentumOf: (at) => trainer.cycledMomentum(at - 1),
      }),
    );
  }
}
