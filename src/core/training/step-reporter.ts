import type { RunWriter } from '../runs/run-writer';
import type { FullExperiment } from '../experiment/resolve-experiment';
import { finiteOrNull } from './finite';
import type { PreparedRun } from './prepared-run';
import { RowPace } from './row-pace';
import type { StepResult } from './train-step';
import type { TimeLeft } from './time-left';
import type { TrainingPosition } from './training-position';

/** How often the record's position is written, in milliseconds: for lists of runs, not for plots. */
const RECORD_PERIOD = 2000;

/** Tells of the steps of a run, not of each one where they are fast: a row of the metrics, progress, the record. */
export class StepReporter {
  private readonly pace: RowPace;
  private recordedAt = 0;

  constructor(
    private readonly prepared: PreparedRun,
    private readonly experiment: FullExperiment,
    private readonly writer: RunWriter,
    private readonly position: TrainingPosition,
    private readonly timeLeft: TimeLeft,
  ) {
    this.pace = new RowPace(prepared.plan.batchSize);
  }

  /** @param seconds that the step took, which the position counts already */
  async stepDone({ loss, accuracy }: StepResult, seconds: number): Promise<void> {
    const { plan, trainer } = this.prepared;
    const { step, epoch, coordinates, progress } = this.position;
    const row = this.pace.next(seconds, step === plan.steps || step === 1);
    if (row) {
      await this.writer.row({
        kind: 'step',
        ...coordinates,
        loss,
        batchAccuracy: finiteOrNull(accuracy),
        learningRate: trainer.learningRate(step - 1),
        imagesPerSecond: row.imagesPerSecond,
      });
      const secondsLeft = this.timeLeft.after(step);
      this.writer.progress({
        phase: 'train',
        done: step,
        total: plan.steps,
        unit: 'steps',
        ...(secondsLeft === undefined ? {} : { secondsLeft }),
        detail: `epoch ${Math.ceil(epoch)} of ${this.experiment.training.epochs}`,
      });
    }
    if (performance.now() - this.recordedAt > RECORD_PERIOD) {
      this.recordedAt = performance.now();
      await this.writer.update({ progress });
    }
  }
}
