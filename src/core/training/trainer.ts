import type * as tf from '@tensorflow/tfjs';
import type { AttackEntry } from '../attacks/base/define-attack';
import { smallerBatches } from '../attacks/base/batch-rows';
import { Evaluator, type EvaluateOptions } from '../attacks/evaluation/evaluator';
import type { Prediction } from '../attacks/base/predictions';
import type { Evaluation } from '../attacks/evaluation/evaluation';
import { cancellationPoint } from '../cancellation';
import { attackTitle } from '../attacks/plan/attack-title';
import { planEvaluation, type EvaluationPlan } from '../attacks/plan/evaluation-plan';
import { assertTargets } from '../attacks/base/targets';
import { classesOf, layersModelVictim } from '../attacks/base/victim';
import type { Dataset } from '../data/dataset';
import { extraCount } from '../data/extra-count';
import type { ImageSource } from '../data/image-source';
import type { Device } from '../engine/devices/device';
import type { ChosenMethod, StepPasses } from '../methods/define-method';
import { joinPreviews } from '../methods/join-previews';
import { releaseArray } from '../engine/arrays/device-array';
import type { NdArray } from '../engine/arrays/nd-array';
import type { Method, Preview } from '../methods/method';
import type { Samples } from '../runs/sample-files';
import { makeSampleGrid } from './sample-grid';
import { cyclesMomentum, learningRateAt, momentumAt } from '../experiment/schedule';
import type { StepRate } from './optimizer';
import { TrainStep, type PartResult, type StepResult } from './train-step';
import type { TrainingData } from './training-data';
import { TrainingBatches, type BatchPlan, type BatchSource } from './training-batches';
import type { TrainingPlan } from '../experiment/training-plan';
import type { FullExperiment } from '../experiment/resolve-experiment';

/** Images in one call of an evaluation; the last call is padded to it. */
export const EVALUATION_BATCH = 64;

type Part = () => Promise<unknown>;

/** What is trained, on what, by which method. */
export interface TrainingSetting {
  readonly device: Device;
  readonly model: tf.LayersModel;
  readonly dataset: TrainingData;
  readonly experiment: FullExperiment;
  /** The experiment's. */
  readonly method: ChosenMethod;
  /** Those that there are. */
  readonly attacks: readonly AttackEntry[];
}

/**
 * A network in training: does single steps, evaluations and sample grids. What a step computes depends on the
 * experiment, the step's number and the weights alone, so training can stop and go on anywhere.
 */
export class Trainer {
  /** The network that is evaluated, saved and attacked. */
  readonly model: tf.LayersModel;
  /** The one whose weights the steps move: often the same. The caller disposes it. */
  readonly trained: tf.LayersModel;
  readonly step: TrainStep;
  private readonly experiment: FullExperiment;
  private readonly batches: TrainingBatches;
  private readonly never = new AbortController().signal;
  private readonly source: BatchSource;
  /** What the evaluations do: those during training, and the one that ends it. */
  readonly evaluations: { readonly during: EvaluationPlan; readonly final: EvaluationPlan };
  private readonly during: Evaluator;
  private readonly final: Evaluator;
  private waited = 0;

  private constructor(
    private readonly setting: TrainingSetting,
    private readonly plan: TrainingPlan,
    private readonly method: Method,
    source?: BatchSource,
  ) {
    const { device, model, dataset, experiment, method: chosen } = setting;
    const { training, evaluation, model: network } = experiment;
    this.model = method.evaluated ?? model;
    this.trained = model;
    this.experiment = experiment;
    const conventions = {
      variance: network.variance,
      cyclesMomentum: cyclesMomentum(training.schedule),
      parts: plan.parts,
    };
    this.step = new TrainStep(device, model, { ...training, ...conventions }, method);
    this.batches = new TrainingBatches(
      dataset.train,
      batchPlan(experiment, plan, dataset),
      chosen,
      dataset.extra?.source,
    );
    this.source = source ?? this.batches;
    const planned = (part: typeof evaluation.during): EvaluationPlan => planEvaluation(setting.attacks, part);
    this.evaluations = { during: planned(evaluation.during), final: planned(evaluation.final) };
    this.during = this.evaluator(this.evaluations.during, this.duringImages);
    // Its programs, those of an ensemble above all, need not be in memory together.
    this.final = this.evaluator(this.evaluations.final, dataset.test, true);
  }

  /** @param source gives the steps their batches; absent: they are made on this thread */
  static async create(setting: TrainingSetting, plan: TrainingPlan, source?: BatchSource): Promise<Trainer> {
    const { device, model, method } = setting;
    const bound = await method.create({
      device,
      model,
      classes: classesOf(model),
      batchSize: plan.batchSize / plan.parts,
    });
    return new Trainer(setting, plan, bound, source);
  }

  get passes(): StepPasses {
    return this.setting.method.passes;
  }

  /** How often a step moves the weights. The loss that it tells is the one before the last time. */
  get replays(): number {
    return this.method.replays ?? 1;
  }

  /** How long all steps so far waited for their batches, in seconds. */
  get secondsWaited(): number {
    return this.waited;
  }

  /** What the attacks of the evaluations have to say about how they treat this network. */
  async notes(): Promise<string[]> {
    const { during, final } = this.evaluations;
    const of = async (evaluator: Evaluator, { attacks }: EvaluationPlan): Promise<string[]> => {
      const notes = await evaluator.notes();
      return attacks.flatMap((attack, n) =>
        (notes[n] ?? []).map((note) => `${attackTitle(attack)}: ${note}`),
      );
    };
    return [...new Set([...(await of(this.during, during)), ...(await of(this.final, final))])];
  }

  /**
   * The parts of a training for {@link Device.planMemory}: they come to every program. Those of `last` come one after the
   * other at its end, when all others are still there.
   */
  parts(): { readonly all: readonly Part[]; readonly last: readonly Part[] } {
    const { signal } = new AbortController();
    const { samples } = this.experiment;
    const { test } = this.setting.dataset;
    const all = ({ count }: ImageSource): number[] => Array.from({ length: count }, (_, n) => n);
    return {
      all: [
        () => this.train(0, signal),
        ...(samples.count > 0 ? [() => this.samples(0, signal)] : []),
        ...this.during.partsFor(this.duringImages, all(this.duringImages), signal),
      ],
      last: this.final.partsFor(test, all(test), signal),
    };
  }

  /** @param replay of the step's batch, where it is trained on several times; absent: the last one, whose loss is told */
  learningRate(step: number, replay = this.replays - 1): number {
    return learningRateAt(this.experiment.training.schedule, ...this.updates(step, replay));
  }

  /** Undefined where the schedule does not cycle it. */
  cycledMomentum(step: number, replay = this.replays - 1): number | undefined {
    return momentumAt(this.experiment.training.schedule, ...this.updates(step, replay));
  }

  /** @throws M2atError `cancelled`: then the weights are as before */
  async train(step: number, signal: AbortSignal): Promise<StepResult> {
    await cancellationPoint(signal);
    const { parts } = this.plan;
    const { replays } = this;
    const rateOf = (replay: number): StepRate => ({
      learningRate: this.learningRate(step, replay),
      momentum: this.cycledMomentum(step, replay),
      update: this.replays * step + replay + 1,
    });
    const results: PartResult[] = [];
    for (let part = 0; part < parts; part++) {
      const asked = performance.now();
      const batch = await this.source.at(step * parts + part);
      this.waited += (performance.now() - asked) / 1000;
      // What is begun is finished: statistics have moved with the first part, and a run stops between steps only.
      const inputs = await this.method.prepare(batch, part === 0 ? signal : this.never);
      try {
        for (let replay = 0; parts === 1; replay++) {
          const result = await this.step.run(inputs, batch.labels, rateOf(replay));
          if (replay + 1 === replays) return result;
        }
        results.push(await this.step.add(inputs, batch.labels));
      } finally {
        inputs.forEach(releaseArray);
      }
    }
    return this.step.complete(results, rateOf(0));
  }

  /** The evaluation during training, on the first of the images held out, or else of the test images. @throws M2atError `cancelled` */
  evaluate(options: Pick<EvaluateOptions, 'signal' | 'onProgress'>): Promise<Evaluation> {
    return this.evaluateWith(this.during, this.duringImages, this.evaluations.during, options);
  }

  /** The evaluation that ends a run, on the first test images. @throws M2atError `cancelled` */
  evaluateFinally(options: Pick<EvaluateOptions, 'signal' | 'onProgress'>): Promise<Evaluation> {
    return this.evaluateWith(this.final, this.setting.dataset.test, this.evaluations.final, options);
  }

  /** What the network answers on images, as the final evaluation asks it. @throws M2atError `cancelled` */
  classify(images: NdArray<'float32'>, labels: Int32Array, signal: AbortSignal): Promise<Prediction[]> {
    return this.final.predict(images, labels, signal);
  }

  /** The sample grid as it is after so many steps. @throws M2atError `cancelled` */
  async samples(step: number, signal: AbortSignal): Promise<Samples> {
    const { count } = this.experiment.samples;
    // Whole batches, so that they have the shape that is compiled, and BatchNorm statistics like training's.
    const batches = await this.batches.fixed(count, step * this.plan.parts);
    const { trainIndices } = this.setting.dataset;
    const previews: Preview[] = [];
    for (const batch of batches) previews.push(await this.method.preview(batch, signal));
    return makeSampleGrid({
      preview: joinPreviews(previews),
      position: { step, epoch: step / this.plan.stepsPerEpoch },
      indices: batches
        .flatMap(({ indices }) => [...indices].map((n) => trainIndices?.[n] ?? n))
        .slice(0, count),
      labels: Int32Array.from(batches.flatMap(({ labels, unmixed }) => [...(unmixed?.labels ?? labels)])),
      classNames: this.setting.dataset.classNames,
      predict: (images, labels) => this.during.predict(images, labels, signal),
    });
  }

  async dispose(): Promise<void> {
    await this.step.dispose();
    await this.method.dispose();
    await this.during.dispose();
    await this.final.dispose();
  }

  /** What evaluations during training are of. */
  private get duringImages(): ImageSource {
    const { validation, test } = this.setting.dataset;
    return validation ?? test;
  }

  /** Updates of the weights before a replay and in the whole training, and its epochs. */
  private updates(step: number, replay: number): [done: number, all: number, epochs: number] {
    const { replays } = this;
    return [replays * step + replay, replays * this.plan.steps, this.experiment.training.epochs];
  }

  private evaluator(
    { count, attacks, groups, counts }: EvaluationPlan,
    images: ImageSource,
    once = false,
  ): Evaluator {
    const victim = layersModelVictim(this.setting.device, this.model, 'eval');
    assertTargets(
      attacks.map(({ parameters }) => parameters),
      victim,
    );
    const batchSize = Math.min(EVALUATION_BATCH, count, images.count);
    const hasEnsemble = groups.some(({ ensemble }) => ensemble);
    return new Evaluator(victim, attacks, batchSize, {
      once,
      groups: attacks.map(({ group }) => group),
      counts,
      // Few images are left to the later attacks of an ensemble, whose many steps outweigh another compilation.
      ...(once && hasEnsemble && { smaller: smallerBatches(batchSize) }),
    });
  }

  private evaluateWith(
    evaluator: Evaluator,
    set: ImageSource,
    { count }: EvaluationPlan,
    options: Pick<EvaluateOptions, 'signal' | 'onProgress'>,
  ): Promise<Evaluation> {
    const indices = Array.from({ length: Math.min(count, set.count) }, (_, n) => n);
    return evaluator.evaluate({ ...options, set, indices, seed: this.experiment.seed });
  }
}

/** What decides the batches of an experiment: of a whole step, or of a part of one. */
export function batchPlan(
  { training, method, options, seed }: FullExperiment,
  { batchSize, parts, stepsPerEpoch, steps }: TrainingPlan,
  { classNames, normalization: { mean: meanColour }, extra }: Dataset,
): BatchPlan {
  const { augment } = training;
  return {
    batchSize: batchSize / parts,
    stepsPerEpoch: stepsPerEpoch * parts,
    steps: steps * parts,
    ...{ parts, seed, classes: classNames.length, augment, meanColour, method, options },
    ...(extra && { extraCount: extraCount(extra.share, batchSize / parts) }),
  };
}
