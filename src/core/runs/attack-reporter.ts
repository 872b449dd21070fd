import type * as tf from '@tensorflow/tfjs';
import { attackWarnings, type NetworkCheck } from '../attacks/attack-warnings';
import { isCancelled } from '../attacks/cancellation';
import { checkNetwork } from '../attacks/check-network';
import type { Evaluation } from '../attacks/evaluation';
import { Evaluator, type AttackedBatch } from '../attacks/evaluator';
import type { ResolvedAttack } from '../attacks/resolve-attack';
import { classesOf, layersModelVictim, type Victim } from '../attacks/victim';
import { gatherImages, gatherLabels } from '../data/batch';
import type { Dataset } from '../data/dataset';
import type { Device } from '../engine/device';
import { AttackSamples } from './attack-samples';
import { DeviceReporter, deviceRecordOf } from './device-reporter';
import type { AttackReport } from './run-files';
import type { RunWriter } from './run-writer';

const BATCH = 64;
/** Between two updates of the report and the pictures, in milliseconds. */
const UPDATE_PERIOD = 1000;
const PROGRESS_PERIOD = 100;

export interface AttackTask {
  readonly model: tf.LayersModel;
  /** Path of its `model.json`. */
  readonly checkpoint: string;
  readonly device: Device;
  readonly dataset: Dataset;
  readonly attacks: readonly ResolvedAttack[];
  readonly count: number;
  readonly seed: number;
}

/** Does the attacks of an attack run and keeps its report and pictures up to date. */
export class AttackReporter {
  private latest: AttackReport | undefined;
  private readonly victim: Victim;
  private readonly samples: AttackSamples;
  private readonly deviceReporter: DeviceReporter;
  private updatedAt = -Infinity;
  private progressAt = -Infinity;

  constructor(
    private readonly task: AttackTask,
    private readonly writer: RunWriter,
  ) {
    this.victim = layersModelVictim(task.device, task.model, 'eval');
    this.samples = new AttackSamples(task.attacks, task.dataset.classNames);
    this.deviceReporter = new DeviceReporter(task.device, writer);
  }

  /** The report as far as it goes; undefined until the first adversarial examples are there. */
  get report(): AttackReport | undefined {
    return this.latest;
  }

  async run(signal: AbortSignal): Promise<'done' | 'stopped'> {
    const { task, writer, victim } = this;
    const { test } = task.dataset;
    const indices = Array.from({ length: task.count }, (_, n) => n);
    const batchSize = Math.min(BATCH, task.count);
    await this.deviceReporter.begin();
    writer.progress({ phase: 'compile', done: 0, total: 1, unit: 'steps' });
    const first = indices.slice(0, batchSize);
    const check = await checkNetwork(victim, {
      images: gatherImages(test, first),
      labels: gatherLabels(test, first),
    });
    const evaluator = new Evaluator(victim, task.attacks, batchSize);
    const start = performance.now();
    try {
      const evaluation = await evaluator.evaluate({
        set: test,
        indices,
        seed: task.seed,
        signal,
        onProgress: (done, total, detail) => {
          this.progress(done, total, detail, start);
        },
        onBatch: (batch) => this.attacked(batch, check),
      });
      await this.update(evaluation, check, undefined);
      return 'done';
    } catch (error) {
      if (!isCancelled(error)) throw error;
      await this.reportStop();
      return 'stopped';
    } finally {
      await evaluator.dispose();
    }
  }

  private async attacked(batch: AttackedBatch, check: NetworkCheck): Promise<void> {
    const { evaluation, attackIndex } = batch;
    this.samples.add(batch);
    this.latest = this.reportOf(evaluation, check);
    if (performance.now() - this.updatedAt < UPDATE_PERIOD) return;
    await this.update(evaluation, check, attackIndex);
    this.updatedAt = performance.now();
  }

  /** @param attackIndex whose pictures to show; undefined: those of the strongest attack */
  private async update(
    evaluation: Evaluation,
    check: NetworkCheck,
    attackIndex: number | undefined,
  ): Promise<void> {
    this.latest = this.reportOf(evaluation, check);
    await this.deviceReporter.refresh();
    await this.writer.report(this.latest);
    const shown = attackIndex ?? strongest(evaluation);
    const samples = shown === undefined ? undefined : this.samples.grid(shown);
    if (samples) await this.writer.samples(samples);
  }

  /** The report says itself how far it goes, wherever it is read. */
  private async reportStop(): Promise<void> {
    const { latest, task, writer } = this;
    if (!latest) return;
    const stopped =
      `The attack was stopped: the accuracies cover ${latest.count} of ${task.count} images, ` +
      `with ${latest.attacks.length} of ${task.attacks.length} attacks.`;
    this.latest = { ...latest, warnings: [stopped, ...latest.warnings] };
    await writer.report(this.latest);
    await writer.log('warn', stopped);
  }

  private progress(done: number, total: number, detail: string, start: number): void {
    const now = performance.now();
    if (done < total && now - this.progressAt < PROGRESS_PERIOD) return;
    this.progressAt = now;
    const secondsLeft = (((now - start) / 1000) * (total - done)) / done;
    this.writer.progress({ phase: 'attack', done, total, unit: 'images', secondsLeft, detail });
  }

  private reportOf(evaluation: Evaluation, check: NetworkCheck): AttackReport {
    const { task } = this;
    return {
      version: 1,
      checkpoint: task.checkpoint,
      format: 'layers-model',
      dataset: task.dataset.name,
      count: evaluation.count,
      seed: task.seed,
      device: task.device.name,
      deviceDetails: deviceRecordOf(task.device),
      cleanAccuracy: evaluation.cleanAccuracy,
      robustAccuracy: evaluation.robustAccuracy,
      warnings: attackWarnings(evaluation, classesOf(task.model), check),
      attacks: evaluation.attacks.map(({ title, parameters, robustAccuracy, seconds, images }) => ({
        title,
        parameters,
        robustAccuracy,
        seconds,
        images: images.map((image) => ({
          ...image,
          loss: Number.isFinite(image.loss) ? image.loss : null,
        })),
      })),
    };
  }
}

function strongest({ attacks }: Evaluation): number | undefined {
  const accuracies = attacks.map(({ robustAccuracy }) => robustAccuracy);
  return accuracies.length === 0 ? undefined : accuracies.indexOf(Math.min(...accuracies));
}
