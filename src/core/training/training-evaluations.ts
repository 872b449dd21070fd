import type { Evaluation } from '../attacks/evaluation/evaluation';
import type { EvaluationProgress } from '../attacks/evaluation/evaluator';
import type { EvaluationRow } from '../records/run-files';
import { accuracyIntervals } from '../report/accuracy-intervals';
import { reportCorruptions } from '../runs/corruption-reporter';
import type { DeviceReporter } from '../runs/device-reporter';
import type { RunWriter } from '../runs/run-writer';
import { attackResults } from './attack-results';
import type { DivergenceGuard } from './divergence-guard';
import { evaluationLine } from './evaluation-line';
import { finiteOrNull } from './finite';
import type { PreparedRun } from './prepared-run';
import { RowPace } from './row-pace';
import type { TimeLeft } from './time-left';
import { EVALUATION_BATCH } from './trainer';
import type { TrainingPosition } from './training-position';

/** Evaluates the trainer's network, and writes what it finds: a row of the metrics, the record, a line of the log. */
export class TrainingEvaluations {
  constructor(
    private readonly prepared: PreparedRun,
    private readonly writer: RunWriter,
    private readonly position: TrainingPosition,
    private readonly timeLeft: TimeLeft,
    private readonly guard: DivergenceGuard,
    private readonly deviceReporter: DeviceReporter,
  ) {}

  /** The evaluation that is due at a step. @throws M2atError `cancelled`; DivergedError */
  async during(signal: AbortSignal): Promise<EvaluationRow> {
    const { trainer, dataset } = this.prepared;
    const onProgress = this.progress(this.timeLeft.after(this.position.step));
    const start = performance.now();
    const evaluation = await trainer.evaluate({ signal, onProgress });
    this.timeLeft.evaluationTook((performance.now() - start) / 1000);
    return this.write(evaluation, { final: false, ...(dataset.validation && { split: 'validation' }) });
  }

  /**
   * An evaluation that ends the run.
   * @param of the network, where that is not the one after the last step, and whether the run's result is another one
   * @throws M2atError `cancelled`; DivergedError
   */
  async final(
    signal: AbortSignal,
    { network, beside }: Pick<EvaluationRow, 'network' | 'beside'>,
  ): Promise<EvaluationRow> {
    const onProgress = this.progress(undefined);
    const evaluation = await this.prepared.trainer.evaluateFinally({ signal, onProgress });
    return this.write(evaluation, { final: true, ...(network && { network }), ...(beside && { beside }) });
  }

  /** What follows it, where the experiment asks for corruptions. @throws M2atError `cancelled`; `data`, `io` */
  async corruptions(signal: AbortSignal, { cleanAccuracy }: EvaluationRow): Promise<void> {
    const { corrupted, dataset, trainer, from } = this.prepared;
    if (!corrupted) return;
    await reportCorruptions(this.writer, {
      ...corrupted,
      set: dataset.test,
      dataset: dataset.name,
      classNames: dataset.classNames,
      cleanAccuracy,
      classify: (images, labels, stop) => trainer.classify(images, labels, stop),
      batchSize: EVALUATION_BATCH,
      signal,
      resumed: from !== undefined,
    });
  }

  private progress(secondsLeft: number | undefined): (progress: EvaluationProgress) => void {
    const pace = new RowPace(1);
    return (progress) => {
      if (!pace.next(0, progress.done === progress.total)) return;
      this.writer.progress({
        phase: 'evaluate',
        unit: 'images',
        ...progress,
        ...(secondsLeft === undefined ? {} : { secondsLeft }),
      });
    };
  }

  private async write(
    evaluation: Evaluation,
    of: Pick<EvaluationRow, 'final' | 'split' | 'network' | 'beside'>,
  ): Promise<EvaluationRow> {
    const { count, loss, cleanAccuracy, robustAccuracy } = evaluation;
    const { coordinates, progress } = this.position;
    this.guard.evaluation(coordinates.step, loss);
    const intervals = accuracyIntervals(evaluation, count);
    const { groups } = this.prepared.trainer.evaluations[of.final ? 'final' : 'during'];
    const row: EvaluationRow = {
      kind: 'evaluation',
      ...coordinates,
      ...of,
      count,
      loss: finiteOrNull(loss),
      ...{ cleanAccuracy, robustAccuracy, ...intervals },
      attacks: attackResults(evaluation, groups),
    };
    await this.writer.row(row);
    await this.deviceReporter.refresh();
    await this.writer.update({ cleanAccuracy, robustAccuracy, ...intervals, split: row.split, progress });
    await this.writer.log('info', evaluationLine(row));
    return row;
  }
}
