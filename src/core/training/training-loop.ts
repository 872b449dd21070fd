import type { Evaluation } from '../attacks/evaluation/evaluation';
import type { EvaluationProgress } from '../attacks/evaluation/evaluator';
import { isCancelled } from '../cancellation';
import { accuracyIntervals } from '../report/accuracy-intervals';
import { saveCheckpoint, type CheckpointState } from '../runs/checkpoint-store';
import { DeviceReporter } from '../runs/device-reporter';
import type { EvaluationRow, RunRecord, RunSign } from '../records/run-files';
import { noOwner } from '../runs/run-owner';
import { runFile } from '../records/run-paths';
import type { RunWriter } from '../runs/run-writer';
import { attackResults } from './attack-results';
import { collapseMessage } from './collapse-message';
import { CollapseWatch, type CollapseSign } from './collapse-watch';
import { divergenceMessage, LossWatch, type DivergenceSign } from './divergence';
import type { FullExperiment } from '../experiment/resolve-experiment';
import { goTo } from './restore-checkpoint';
import { RowPace } from './row-pace';
import { TimeLeft } from './time-left';
import { withoutKeys } from '../without-keys';
import type { PreparedRun } from './prepared-run';
import type { StepResult } from './train-step';

/** Thrown inside when a loss or a weight is no finite number any more; ends the run as failed. */
class DivergedError extends Error {}

/** How often the record's position is written, in milliseconds: for lists of runs, not for plots. */
const RECORD_PERIOD = 2000;

/**
 * A run from its first step (or its checkpoint) to its end. Each step number stands for a state: weights after so
 * many steps, with the evaluation that is due there. Stopping between two of them loses nothing.
 */
export class TrainingLoop {
  private step: number;
  private evaluatedStep: number;
  private bestRobustAccuracy: number | null;
  private savedStep = -1;
  /** The trainer has another network than the one after the last step: it is not saved as that. */
  private wentBack = false;
  /** Whether `checkpoints/last` holds a checkpoint that is known to be whole: it is kept when the next one is saved. */
  private keepsLast: boolean;
  private recordedAt = 0;
  private readonly startedAt = performance.now();
  private readonly secondsBefore: number;
  private readonly timeLeft: TimeLeft;
  private readonly losses = new LossWatch();
  private readonly watch: CollapseWatch;
  private readonly pace: RowPace;
  private readonly deviceReporter: DeviceReporter;

  constructor(
    private readonly prepared: PreparedRun,
    private readonly experiment: FullExperiment,
    private readonly writer: RunWriter,
    private readonly signal: AbortSignal,
  ) {
    const { from, plan } = prepared;
    this.keepsLast = prepared.fromLatest;
    this.step = from?.step ?? 0;
    this.evaluatedStep = from?.evaluatedStep ?? 0;
    this.bestRobustAccuracy = from?.bestRobustAccuracy ?? null;
    this.secondsBefore = from?.elapsedSeconds ?? 0;
    this.timeLeft = new TimeLeft(prepared.trainer.passes, prepared.trainer.evaluations, plan);
    this.pace = new RowPace(plan.batchSize);
    const { batchSize, stepsPerEpoch } = plan;
    this.watch = new CollapseWatch({
      classes: prepared.dataset.classNames.length,
      ...{ batchSize, stepsPerEpoch },
      singleStep: prepared.singleStep,
      earlyStopping: experiment.training.earlyStopping,
      from: from?.watch,
    });
    this.deviceReporter = new DeviceReporter(prepared.device, writer);
  }

  async run(): Promise<RunRecord> {
    await this.begin();
    try {
      return await this.trainUntilStopped();
    } catch (error) {
      if (!(error instanceof DivergedError)) throw error;
      await this.writer.log('error', error.message);
      return await this.end('failed', error.message);
    }
  }

  private async trainUntilStopped(): Promise<RunRecord> {
    try {
      await this.trainToTheEnd();
      return await this.end('done');
    } catch (error) {
      if (!isCancelled(error)) throw error;
      if (!this.wentBack) await this.save(runFile.lastCheckpoint);
      await this.writer.log('info', `Stopped after step ${this.step}; a checkpoint is saved.`);
      return await this.end('stopped');
    }
  }

  private async begin(): Promise<void> {
    const { writer, prepared, experiment } = this;
    const { device, plan, dataset, from } = prepared;
    const { attack, training } = prepared.trainer.passes;
    await writer.update({ status: 'running', passes: { attack, training }, progress: this.position() });
    await writer.log(
      'info',
      from ? `Resumed at step ${from.step} of ${plan.steps}.` : `Started: ${experiment.name}.`,
    );
    const heldOut = dataset.validation ? `${dataset.validation.count} more for validation, ` : '';
    await writer.log(
      'info',
      `${dataset.train.count} training images, ${heldOut}batches of ${plan.batchSize}, ${plan.stepsPerEpoch} steps an ` +
        `epoch, ${plan.steps} steps; device ${device.name}: ${device.description}.`,
    );
    const { batchSize } = experiment.training;
    if (batchSize > plan.batchSize) {
      const text = `The batch size ${batchSize} is more than the ${dataset.train.count} training images`;
      await writer.log('warn', `${text}: batches of ${plan.batchSize} are used.`);
    }
    if (experiment.evaluation.final.network === 'best' && !dataset.validation) {
      const text = 'The final evaluation is of the best network, which is chosen on test images too';
      const advice = 'training.validation holds out images to choose by';
      await writer.log('warn', `${text}: its accuracies are optimistic; ${advice}.`);
    }
    await this.deviceReporter.begin();
    const { noBatchThread } = prepared;
    if (noBatchThread !== undefined) {
      await writer.log('warn', `Batches are prepared between the steps: ${noBatchThread}`);
    }
    writer.progress({ phase: 'compile', done: 0, total: 0, unit: 'steps' });
  }

  private async trainToTheEnd(): Promise<void> {
    const { plan, trainer } = this.prepared;
    const { samples } = this.experiment;
    let measured = false;
    while (this.step < plan.steps) {
      await this.evaluateIfDue();
      if (this.watch.ended) break;
      if (samples.count > 0 && this.step % samples.everySteps === 0) await this.writeSamples();
      const start = performance.now();
      const result = await trainer.train(this.step, this.signal);
      const seconds = (performance.now() - start) / 1000;
      if (!Number.isFinite(result.loss)) this.diverged({ kind: 'loss', loss: result.loss }, this.step + 1);
      this.losses.next(this.step + 1, result.loss);
      // The first step of this process also compiles.
      if (measured) this.timeLeft.stepTook(seconds);
      else await this.deviceReporter.refresh();
      measured = true;
      this.step++;
      await this.stepDone(result, seconds);
      if (!result.weightsFinite) this.diverged({ kind: 'weight' }, this.step);
      await this.tellSign(this.watch.stepDone(this.step, result));
      if (this.step % plan.stepsPerEpoch === 0 && !plan.evaluationDue(this.step)) {
        await this.save(runFile.lastCheckpoint);
      }
    }
    if (!this.watch.ended) await this.evaluateIfDue();
    if (samples.count > 0) await this.writeSamples();
    if (this.watch.ended) await this.endEarly(this.watch.ended);
    await this.evaluateFinally();
  }

  /** Says why the training ends before its last step, and makes the network that is kept the best one. */
  private async endEarly(reason: NonNullable<CollapseWatch['ended']>): Promise<void> {
    const { steps } = this.prepared.plan;
    const { best, sinceBest } = this.watch.state;
    let why = 'The training is ended at that (training.earlyStopping)';
    let kept = best?.step ?? this.step;
    if (reason === 'patience') {
      const highest = `${(100 * (best?.robustAccuracy ?? NaN)).toFixed(1)} %`;
      why = `No robust accuracy above ${highest} in ${sinceBest} evaluations (training.earlyStopping.patience)`;
    } else {
      this.wentBack = true;
      const state = await goTo(this.prepared.trainer, this.writer.file(runFile.steadyCheckpoint));
      await this.save(runFile.bestCheckpoint, withoutKeys(state, ['optimizerFile']));
      kept = state.step;
    }
    await this.tell({
      sign: `ended-by-${reason}`,
      title: 'ended early',
      message: `${why}, after step ${this.step} of ${steps}. The network of step ${kept} is kept as the best one.`,
    });
  }

  private async tellSign(found: CollapseSign | undefined): Promise<void> {
    if (!found) return;
    const epoch = this.step / this.prepared.plan.stepsPerEpoch;
    const attacks = this.prepared.trainer.passes.attack > 0;
    await this.tell({ sign: found.sign, ...collapseMessage(found, { epoch, attacks }) });
  }

  /** Once for each sign, also when the run was resumed after it. */
  private async tell(sign: Omit<RunSign, 'step' | 'epoch'>): Promise<void> {
    const { signs = [] } = this.writer.record;
    if (signs.some((known) => known.sign === sign.sign)) return;
    const { step, epoch } = this.position();
    await this.writer.update({ signs: [...signs, { ...sign, step, epoch }] });
    await this.writer.log('warn', [sign.message, sign.advice ?? ''].join(' ').trim());
  }

  private async stepDone({ loss, accuracy }: StepResult, seconds: number): Promise<void> {
    const { plan, trainer } = this.prepared;
    const row = this.pace.next(seconds, this.step === plan.steps || this.step === 1);
    if (row) {
      await this.writer.row({
        kind: 'step',
        ...this.coordinates(),
        loss,
        batchAccuracy: finite(accuracy),
        learningRate: trainer.learningRate(this.step - 1),
        imagesPerSecond: row.imagesPerSecond,
      });
      const secondsLeft = this.timeLeft.after(this.step);
      this.writer.progress({
        phase: 'train',
        done: this.step,
        total: plan.steps,
        unit: 'steps',
        ...(secondsLeft === undefined ? {} : { secondsLeft }),
        detail: `epoch ${Math.ceil(this.step / plan.stepsPerEpoch)} of ${this.experiment.training.epochs}`,
      });
    }
    if (performance.now() - this.recordedAt > RECORD_PERIOD) {
      this.recordedAt = performance.now();
      await this.writer.update({ progress: this.position() });
    }
  }

  /** Also when a run is resumed that was stopped before, or during, the evaluation that was due at its step. */
  private async evaluateIfDue(): Promise<void> {
    const { plan, trainer } = this.prepared;
    if (this.step <= this.evaluatedStep || !plan.evaluationDue(this.step)) return;
    const start = performance.now();
    const evaluation = await trainer.evaluate(this.evaluationOptions(this.timeLeft.after(this.step)));
    this.timeLeft.evaluationTook((performance.now() - start) / 1000);
    this.assertFinite(evaluation);
    const { validation } = this.prepared.dataset;
    const row = await this.writeEvaluation(evaluation, {
      final: false,
      ...(validation && { split: 'validation' }),
    });
    this.evaluatedStep = this.step;
    const { steady, sign } = this.watch.evaluated(row);
    await this.tellSign(sign);
    const mayFall =
      this.prepared.singleStep && this.experiment.training.earlyStopping?.catastrophicOverfitting;
    if (steady && mayFall) await this.save(runFile.steadyCheckpoint);
    if (this.bestRobustAccuracy === null || evaluation.robustAccuracy > this.bestRobustAccuracy) {
      this.bestRobustAccuracy = evaluation.robustAccuracy;
      await this.save(runFile.bestCheckpoint);
    }
    await this.save(runFile.lastCheckpoint);
  }

  private async evaluateFinally(): Promise<void> {
    const isBest = this.watch.ended !== undefined || this.experiment.evaluation.final.network === 'best';
    const network = isBest ? await this.goBackToBest() : undefined;
    const evaluation = await this.prepared.trainer.evaluateFinally(this.evaluationOptions(undefined));
    this.assertFinite(evaluation);
    await this.writeEvaluation(evaluation, { final: true, ...(network && { network }) });
  }

  /** Gives the trainer the best network, once training is over. @throws M2atError `checkpoint` */
  private async goBackToBest(): Promise<NonNullable<EvaluationRow['network']>> {
    this.wentBack = true;
    const { step, epoch } = await goTo(this.prepared.trainer, this.writer.file(runFile.bestCheckpoint));
    return { kind: 'best', step, epoch };
  }

  private evaluationOptions(secondsLeft: number | undefined) {
    const pace = new RowPace(1);
    return {
      signal: this.signal,
      onProgress: (progress: EvaluationProgress) => {
        if (!pace.next(0, progress.done === progress.total)) return;
        this.writer.progress({
          phase: 'evaluate',
          unit: 'images',
          ...progress,
          ...(secondsLeft === undefined ? {} : { secondsLeft }),
        });
      },
    };
  }

  private async writeEvaluation(
    evaluation: Evaluation,
    of: Pick<EvaluationRow, 'final' | 'split' | 'network'>,
  ): Promise<EvaluationRow> {
    const { count, loss, cleanAccuracy, robustAccuracy } = evaluation;
    const intervals = accuracyIntervals(evaluation, count);
    const { groups } = this.prepared.trainer.evaluations[of.final ? 'final' : 'during'];
    const row: EvaluationRow = {
      kind: 'evaluation',
      ...this.coordinates(),
      ...of,
      count,
      loss: finite(loss),
      cleanAccuracy,
      robustAccuracy,
      ...intervals,
      attacks: attackResults(evaluation, groups),
    };
    await this.writer.row(row);
    await this.deviceReporter.refresh();
    await this.writer.update({
      cleanAccuracy,
      robustAccuracy,
      ...intervals,
      split: row.split,
      progress: this.position(),
    });
    await this.writer.log('info', describe(row));
    return row;
  }

  private async writeSamples(): Promise<void> {
    await this.writer.samples(await this.prepared.trainer.samples(this.step, this.signal));
  }

  private async save(folder: string, of?: CheckpointState): Promise<void> {
    const { trainer, dataset, plan, device } = this.prepared;
    await device.synchronize();
    // Steps look for that themselves, but a GPU may compute as if there were no NaN.
    const weights = [trainer.model, trainer.trained].flatMap((model) => model.weights);
    if (!allFinite(weights.map((weight) => weight.read().dataSync()))) {
      this.diverged({ kind: 'weight' }, this.step);
    }
    const state: CheckpointState = of ?? {
      step: this.step,
      epoch: this.step / plan.stepsPerEpoch,
      evaluatedStep: this.evaluatedStep,
      elapsedSeconds: this.elapsedSeconds(),
      bestRobustAccuracy: this.bestRobustAccuracy,
      metricRows: await this.writer.flushedRows(),
      watch: this.watch.state,
      experiment: this.experiment.name,
      dataset: dataset.name,
      classNames: [...dataset.classNames],
    };
    const isLast = folder === runFile.lastCheckpoint;
    const content = { model: trainer.model, velocities: trainer.step.state, state };
    await saveCheckpoint(this.writer.file(folder), content, { keepsReplaced: isLast && this.keepsLast });
    if (isLast) this.keepsLast = true;
    this.savedStep = state.step;
  }

  private async end(status: 'done' | 'stopped' | 'failed', message?: string): Promise<RunRecord> {
    const endedAt = new Date().toISOString();
    await this.writer.update({ status, message, endedAt, ...noOwner, progress: this.position() });
    return this.writer.record;
  }

  /** What is measured on a network whose outputs are no numbers is no measurement: it is not written. */
  private assertFinite({ loss }: Evaluation): void {
    if (!Number.isFinite(loss)) this.diverged({ kind: 'evaluation', loss }, this.step);
  }

  private diverged(sign: DivergenceSign, step: number): never {
    const { trainer } = this.prepared;
    throw new DivergedError(
      divergenceMessage({
        sign,
        step,
        rise: this.losses.rise,
        rateOf: (at) => trainer.learningRate(at - 1),
        momentumOf: (at) => trainer.cycledMomentum(at - 1),
        training: this.experiment.training,
        keptStep: this.savedStep >= 0 ? this.savedStep : this.prepared.from?.step,
      }),
    );
  }

  private position(): NonNullable<RunRecord['progress']> {
    const { step } = this;
    const { steps, stepsPerEpoch } = this.prepared.plan;
    return { step, steps, epoch: step / stepsPerEpoch, epochs: this.experiment.training.epochs };
  }

  private coordinates() {
    const { step } = this;
    const epoch = step / this.prepared.plan.stepsPerEpoch;
    return { step, epoch, elapsedSeconds: this.elapsedSeconds() };
  }

  private elapsedSeconds(): number {
    return this.secondsBefore + (performance.now() - this.startedAt) / 1000;
  }
}

function describe({ step, count, split, network, cleanAccuracy, attacks, final }: EvaluationRow): string {
  const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;
  const results = attacks.map(({ attack, robustAccuracy, count: own }) =>
    [`${attack} ${percent(robustAccuracy)}`, ...(own === undefined ? [] : [`(on ${own})`])].join(' '),
  );
  const of = network ? ` of the best network, that of step ${network.step},` : '';
  return [
    `${final ? 'Final evaluation' : 'Evaluation'}${of} after step ${step} on ${count} ${split ?? 'test'} images`,
    [`clean ${percent(cleanAccuracy)}`, ...results].join(', '),
  ].join(': ');
}

function allFinite(arrays: readonly Iterable<number>[]): boolean {
  return arrays.every((array) => {
    for (const value of array) if (!Number.isFinite(value)) return false;
    return true;
  });
}

function finite(value: number): number | null {
  return Number.isFinite(value) ? value : null;
}
