import { isCancelled } from '../cancellation';
import type { FullExperiment } from '../experiment/resolve-experiment';
import type { EvaluationRow, RunRecord } from '../records/run-files';
import { runFile } from '../records/run-paths';
import type { CheckpointMetadata, CheckpointState } from '../runs/checkpoint-store';
import { DeviceReporter } from '../runs/device-reporter';
import { noOwner } from '../runs/run-owner';
import type { RunControl } from '../runs/run-control';
import type { RunWriter } from '../runs/run-writer';
import { withoutKeys } from '../without-keys';
import { BatchWait } from './batch-wait';
import { bestChoice, type BestChoice } from './best-choice';
import { collapseMessage } from './collapse-message';
import { CollapseWatch, type CollapseSign } from './collapse-watch';
import { DivergedError, DivergenceGuard } from './divergence-guard';
import { earlyEndMessage } from './early-end-message';
import type { PreparedRun } from './prepared-run';
import { goTo } from './restore-checkpoint';
import { tellSign } from './run-signs';
import { StepReporter } from './step-reporter';
import { TimeLeft } from './time-left';
import { TrainingCheckpoints } from './training-checkpoints';
import { TrainingEvaluations } from './training-evaluations';
import { TrainingPosition } from './training-position';
import { logStart } from './training-start';

/**
 * A run from its first step (or its checkpoint) to its end. Each step number stands for a state: weights after so
 * many steps, with the evaluation that is due there. Stopping between two of them loses nothing.
 */
export class TrainingLoop {
  private readonly experiment: FullExperiment;
  private readonly position: TrainingPosition;
  private evaluatedStep: number;
  private readonly choice: BestChoice;
  /** The trainer has another network than the one after the last step: it is not saved as that. */
  private wentBack = false;
  private readonly timeLeft: TimeLeft;
  private readonly guard: DivergenceGuard;
  private readonly watch: CollapseWatch;
  private readonly checkpoints: TrainingCheckpoints;
  private readonly deviceReporter: DeviceReporter;
  private readonly steps: StepReporter;
  private readonly evaluations: TrainingEvaluations;

  constructor(
    private readonly prepared: PreparedRun,
    private readonly writer: RunWriter,
    private readonly signal: AbortSignal,
    private readonly control?: RunControl,
  ) {
    const { from, plan, trainer, experiment } = prepared;
    const { training } = experiment;
    this.experiment = experiment;
    const { batchSize, stepsPerEpoch } = plan;
    this.evaluatedStep = from?.evaluatedStep ?? 0;
    this.choice = bestChoice(prepared.dataset.validation !== undefined, from);
    const position = new TrainingPosition(plan, training.epochs, from);
    const beside = this.choice.state !== undefined && experiment.evaluation.final.bothNetworks;
    const timeLeft = new TimeLeft(trainer.passes, trainer.evaluations, plan, {
      networks: beside ? 2 : 1,
      corrupted: corruptedCount(prepared),
    });
    const guard = new DivergenceGuard(trainer, training, from?.step);
    const device = new DeviceReporter(prepared.device, writer, prepared.earlierFallbacks);
    this.position = position;
    this.timeLeft = timeLeft;
    this.guard = guard;
    this.deviceReporter = device;
    this.watch = new CollapseWatch({
      classes: prepared.dataset.classNames.length,
      ...{ batchSize, stepsPerEpoch },
      singleStep: prepared.singleStep,
      earlyStopping: training.earlyStopping,
      from: from?.watch,
    });
    this.checkpoints = new TrainingCheckpoints(prepared, writer, guard);
    this.steps = new StepReporter(prepared, experiment, writer, position, timeLeft);
    this.evaluations = new TrainingEvaluations(prepared, writer, position, timeLeft, guard, device);
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
      const text = `Stopped after step ${this.position.step}; a checkpoint is saved.`;
      await this.writer.log('info', text);
      return await this.end('stopped');
    }
  }

  private async begin(): Promise<void> {
    const { writer, prepared } = this;
    const { attack, training } = prepared.trainer.passes;
    const { progress } = this.position;
    const { validation, validationFrom } = prepared.dataset;
    const heldOut = validation && validationFrom && { count: validation.count, from: validationFrom };
    await writer.update({
      ...{ status: 'running', passes: { attack, training }, progress },
      ...(heldOut && { validation: heldOut }),
    });
    await logStart(writer, prepared);
    await this.deviceReporter.begin();
    const { noBatchThread } = prepared;
    if (noBatchThread !== undefined) {
      await writer.log('warn', `Batches are prepared between the steps: ${noBatchThread}`);
    }
    writer.progress({ phase: 'compile', done: 0, total: 0, unit: 'steps' });
  }

  private async trainToTheEnd(): Promise<void> {
    const { position, guard } = this;
    const { plan, trainer } = this.prepared;
    const { samples } = this.experiment;
    let measured = false;
    const wait = new BatchWait();
    let told = false;
    while (position.step < plan.steps) {
      await this.evaluateIfDue();
      if (this.watch.ended) break;
      if (samples.count > 0 && position.step % samples.everySteps === 0) await this.writeSamples();
      const start = performance.now();
      const waited = trainer.secondsWaited;
      const result = await trainer.train(position.step, this.signal);
      const seconds = (performance.now() - start) / 1000;
      guard.loss(position.step + 1, result.loss);
      // The first step of this process also compiles.
      if (measured) {
        this.timeLeft.stepTook(seconds);
        wait.add(seconds, trainer.secondsWaited - waited);
      } else await this.deviceReporter.refresh();
      measured = true;
      position.stepDone();
      await this.steps.stepDone(result, seconds);
      guard.weights(position.step, result.weightsFinite);
      await this.tell(this.watch.stepDone(position.step, result));
      if (position.isEndOfEpoch && !told && wait.text !== undefined) {
        told = true;
        await this.writer.log('warn', wait.text);
      }
      if (position.isEndOfEpoch && !plan.evaluationDue(position.step)) {
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
    const { step, epoch } = this.position;
    const { state } = this.watch;
    let kept = this.choice.state?.step ?? state.best?.step ?? step;
    if (reason === 'catastrophic-overfitting') {
      const steady = await this.goTo(runFile.steadyCheckpoint);
      const best = withoutKeys(steady, ['optimizerFile']);
      await this.checkpoints.save(runFile.bestCheckpoint, step, () => best);
      kept = steady.step;
    }
    const { steps } = this.prepared.plan;
    await tellSign(this.writer, { ...earlyEndMessage(reason, state, { step, steps, kept }), step, epoch });
  }

  private async tell(found: CollapseSign | undefined): Promise<void> {
    if (!found) return;
    const { step, epoch } = this.position;
    const attacks = this.prepared.trainer.passes.attack > 0;
    const ends = this.experiment.training.earlyStopping?.catastrophicOverfitting;
    const message = collapseMessage(found, { epoch, attacks, ends });
    await tellSign(this.writer, { sign: found.sign, ...message, step, epoch });
  }

  /**
   * Also when a run is resumed that was stopped before, or during, the evaluation that was due at its step, and when somebody
   * asked for it.
   */
  private async evaluateIfDue(): Promise<void> {
    const { step } = this.position;
    const asked = this.control?.takeEvaluation() ?? false;
    if (step <= this.evaluatedStep || !(asked || this.prepared.plan.evaluationDue(step))) return;
    const row = await this.evaluations.during(this.signal);
    this.evaluatedStep = step;
    const { steady, sign } = this.watch.evaluated(row);
    await this.tell(sign);
    const mayFall =
      this.prepared.singleStep && this.experiment.training.earlyStopping?.catastrophicOverfitting;
    if (steady && mayFall) await this.save(runFile.steadyCheckpoint);
    if (this.choice.next(row)) await this.save(runFile.bestCheckpoint);
    await this.save(runFile.lastCheckpoint);
  }

  /**
   * Of the last network or the best one and, unless the experiment wants one only, of the other one beside it, where the best
   * one was chosen on images held out and is another network. A training that ended early has the best one only: it ended because of those after it.
   */
  private async evaluateFinally(): Promise<void> {
    const { choice, evaluations, signal, watch } = this;
    const { network, bothNetworks } = this.experiment.evaluation.final;
    const isBest = watch.ended !== undefined || network === 'best';
    const best = watch.ended === undefined && bothNetworks ? choice.state : undefined;
    const beside = best && best.step !== this.position.step;
    if (beside) {
      await evaluations.final(signal, { ...(!isBest && (await this.goBackToBest())), beside });
      if (!isBest) await this.goTo(runFile.lastCheckpoint);
    }
    const row = await evaluations.final(signal, isBest ? await this.goBackToBest() : {});
    await evaluations.corruptions(signal, row);
  }

  /** Gives the trainer the best network, once training is over. @throws M2atError `checkpoint` */
  private async goBackToBest(): Promise<Pick<EvaluationRow, 'network'>> {
    const { step, epoch } = await this.goTo(runFile.bestCheckpoint);
    return { network: { kind: 'best', step, epoch } };
  }

  /** Nothing is saved from here on: each network is. */
  private goTo(folder: string): Promise<CheckpointMetadata> {
    this.wentBack = true;
    return goTo(this.prepared.trainer, this.writer.file(folder));
  }

  private async writeSamples(): Promise<void> {
    await this.writer.samples(await this.prepared.trainer.samples(this.position.step, this.signal));
  }

  private save(folder: string): Promise<void> {
    return this.checkpoints.save(folder, this.position.step, () => this.checkpointState());
  }

  private async checkpointState(): Promise<CheckpointState> {
    const { dataset } = this.prepared;
    const { step, epoch, elapsedSeconds } = this.position.coordinates;
    return {
      ...{ step, epoch, elapsedSeconds },
      evaluatedStep: this.evaluatedStep,
      bestRobustAccuracy: this.choice.robustAccuracy,
      best: this.choice.state,
      metricRows: await this.writer.flushedRows(),
      watch: this.watch.state,
      experiment: this.experiment.name,
      dataset: dataset.name,
      classNames: [...dataset.classNames],
    };
  }

  private async end(status: 'done' | 'stopped' | 'failed', message?: string): Promise<RunRecord> {
    const endedAt = new Date().toISOString();
    const { progress } = this.position;
    await this.writer.update({ status, message, endedAt, ...noOwner, progress });
    return this.writer.record;
  }
}

/** Images under corruptions, of each of them and each severity. */
function corruptedCount({ corrupted }: PreparedRun): number {
  if (!corrupted) return 0;
  const { indices, parameters } = corrupted;
  return indices.length * parameters.names.length * parameters.severities.length;
}
