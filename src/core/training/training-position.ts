import type { TrainingPlan } from '../experiment/training-plan';
import type { EvaluationRow, RunRecord } from '../records/run-files';
import type { CheckpointMetadata } from '../runs/checkpoint-store';

/** Where a training run is: the steps that are done, and the time that they took. */
export class TrainingPosition {
  private done: number;
  private readonly secondsBefore: number;
  private readonly startedAt = performance.now();

  /** @param from the checkpoint that the run goes on from */
  constructor(
    private readonly plan: Pick<TrainingPlan, 'steps' | 'stepsPerEpoch'>,
    private readonly epochs: number,
    from: Pick<CheckpointMetadata, 'step' | 'elapsedSeconds'> | undefined,
  ) {
    this.done = from?.step ?? 0;
    this.secondsBefore = from?.elapsedSeconds ?? 0;
  }

  /** Steps that are done. */
  get step(): number {
    return this.done;
  }

  stepDone(): void {
    this.done++;
  }

  get epoch(): number {
    return this.done / this.plan.stepsPerEpoch;
  }

  get isEndOfEpoch(): boolean {
    return this.done % this.plan.stepsPerEpoch === 0;
  }

  /** What each row of the metrics has. */
  get coordinates(): Pick<EvaluationRow, 'step' | 'epoch' | 'elapsedSeconds'> {
    const elapsedSeconds = this.secondsBefore + (performance.now() - this.startedAt) / 1000;
    return { step: this.done, epoch: this.epoch, elapsedSeconds };
  }

  /** For the record. */
  get progress(): NonNullable<RunRecord['progress']> {
    return { step: this.done, steps: this.plan.steps, epoch: this.epoch, epochs: this.epochs };
  }
}
