import type * as tf from '@tensorflow/tfjs';
import { Evaluator, type EvaluateOptions } from '../attacks/evaluator';
import type { Evaluation } from '../attacks/evaluation';
import { cancellationPoint } from '../attacks/cancellation';
import { classesOf, layersModelVictim } from '../attacks/victim';
import type { Dataset } from '../data/dataset';
import type { Device } from '../engine/device';
import { createMethod } from '../methods/create-method';
import { joinPreviews } from '../methods/join-previews';
import type { Method, MethodContext, Preview } from '../methods/method';
import { Random } from '../random';
import type { Samples } from '../runs/sample-files';
import { makeSampleGrid } from './sample-grid';
import { learningRateAt } from './schedule';
import { TrainStep, type StepResult } from './train-step';
import { TrainingBatches } from './training-batches';
import type { TrainingPlan } from './training-plan';
import type { FullExperiment } from './resolve-experiment';

/** Images in one call of an evaluation; the last call is padded to it. */
const EVALUATION_BATCH = 64;

/**
 * A network in training: does single steps, evaluations and sample grids. What a step computes depends on the
 * experiment, the step's number and the weights alone, so training can stop and go on anywhere.
 */
export class Trainer {
  readonly step: TrainStep;
  private readonly method: Method;
  private readonly batches: TrainingBatches;
  private readonly during: Evaluator;

  constructor(
    private readonly device: Device,
    readonly model: tf.LayersModel,
    private readonly dataset: Dataset,
    private readonly experiment: FullExperiment,
    private readonly plan: TrainingPlan,
  ) {
    const { training, method, evaluation, seed } = experiment;
    this.step = new TrainStep(device, model, training);
    this.method = createMethod({ device, model, classes: classesOf(model) }, method);
    this.batches = new TrainingBatches(dataset.train, plan, seed, training.augment);
    this.during = this.evaluator(evaluation.during);
  }

  learningRate(step: number): number {
    return learningRateAt(this.experiment.training.schedule, step / this.plan.steps);
  }

  /** @throws M2atError `cancelled`: then the weights are as before */
  async train(step: number, signal: AbortSignal): Promise<StepResult> {
    await cancellationPoint(signal);
    const batch = this.batches.at(step);
    const prepared = await this.method.prepare(batch, this.context('', step, signal));
    return this.step.run(prepared, batch.labels, this.learningRate(step));
  }

  /** The evaluation during training, on the first test images. @throws M2atError `cancelled` */
  evaluate(options: Pick<EvaluateOptions, 'signal' | 'onProgress'>): Promise<Evaluation> {
    return this.evaluateWith(this.during, this.experiment.evaluation.during.count, options);
  }

  /** The evaluation that ends a run. @throws M2atError `cancelled` */
  async evaluateFinally(options: Pick<EvaluateOptions, 'signal' | 'onProgress'>): Promise<Evaluation> {
    const { final } = this.experiment.evaluation;
    const evaluator = this.evaluator(final);
    try {
      return await this.evaluateWith(evaluator, final.count, options);
    } finally {
      await evaluator.dispose();
    }
  }

  /** The sample grid as it is after so many steps. @throws M2atError `cancelled` */
  async samples(step: number, signal: AbortSignal): Promise<Samples> {
    const { count } = this.experiment.samples;
    // Whole batches, so that they have the shape that is compiled, and BatchNorm statistics like training's.
    const batches = this.batches.fixed(count);
    const previews: Preview[] = [];
    for (const [n, batch] of batches.entries()) {
      const prefix = n === 0 ? 'samples-' : (`samples-${n}-` as const);
      previews.push(await this.method.preview(batch, this.context(prefix, step, signal)));
    }
    return makeSampleGrid({
      preview: joinPreviews(previews),
      position: { step, epoch: step / this.plan.stepsPerEpoch },
      indices: batches.flatMap(({ indices }) => [...indices]).slice(0, count),
      labels: Int32Array.from(batches.flatMap(({ labels }) => [...labels])),
      classNames: this.dataset.classNames,
      predict: (images, labels) => this.during.predict(images, labels, signal),
    });
  }

  async dispose(): Promise<void> {
    await this.step.dispose();
    await this.method.dispose();
    await this.during.dispose();
  }

  private evaluator({ count, attacks }: FullExperiment['evaluation']['during']): Evaluator {
    const victim = layersModelVictim(this.device, this.model, 'eval');
    return new Evaluator(victim, attacks, Math.min(EVALUATION_BATCH, count, this.dataset.test.count));
  }

  private evaluateWith(
    evaluator: Evaluator,
    count: number,
    options: Pick<EvaluateOptions, 'signal' | 'onProgress'>,
  ): Promise<Evaluation> {
    const { test } = this.dataset;
    const indices = Array.from({ length: Math.min(count, test.count) }, (_, n) => n);
    return evaluator.evaluate({ ...options, set: test, indices, seed: this.experiment.seed });
  }

  private context(prefix: '' | `samples-${string}`, step: number, signal: AbortSignal): MethodContext {
    const { seed } = this.experiment;
    const epoch = Math.floor(step / this.plan.stepsPerEpoch);
    const position = step % this.plan.stepsPerEpoch;
    return {
      signal,
      random: (purpose) => Random.keyed(seed, `${prefix}${purpose}`, epoch, position),
    };
  }
}
