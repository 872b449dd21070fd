import type * as tf from '@tensorflow/tfjs';
import type { LabelledImages } from '../src/core/attacks/base/attack';
import type { Device } from '../src/core/engine/devices/device';
import { resolvedExperiment } from '../src/core/experiment/experiment-schema';
import { drawBatch } from '../src/core/methods/draw-batch';
import { Random } from '../src/core/random';
import { resolveExperiment } from '../src/core/experiment/resolve-experiment';
import { ThreadedBatches } from '../src/core/training/threaded-batches';
import { batchPlan, Trainer } from '../src/core/training/trainer';
import type { BatchSource } from '../src/core/training/training-batches';
import { planTraining } from '../src/core/experiment/training-plan';
import { CLASSES, NORMALIZATION, randomImages } from './our-data';
import { EPOCH_BATCHES } from './tasks';

export type MethodName = 'm2at' | 'pgd-at' | 'standard';

/** The product's trainer, one step at a time. */
export class OurTraining {
  private steps = 0;
  private readonly signal = new AbortController().signal;

  private constructor(
    private readonly trainer: Trainer,
    private readonly batches: ThreadedBatches | undefined,
  ) {}

  /** Steps on one batch, always the same, from memory; what the method draws at random is drawn in the step. */
  static onOneBatch(
    device: Device,
    model: tf.LayersModel,
    name: MethodName,
    batch: LabelledImages,
  ): OurTraining {
    const { dataset, experiment, plan } = settings(name, batch.labels.length);
    const source: BatchSource = {
      at: (step) => drawBatch(experiment.method, batch, CLASSES, (purpose) => Random.keyed(0, purpose, step)),
    };
    return new OurTraining(new Trainer(device, model, dataset, experiment, plan, source), undefined);
  }

  /** Standard training on shuffled, cropped and flipped images, prepared in a thread as in a run. */
  static async onManyBatches(device: Device, model: tf.LayersModel, batchSize: number): Promise<OurTraining> {
    const { dataset, experiment, plan } = settings('standard', batchSize);
    const batches = await ThreadedBatches.start(dataset.train, batchPlan(experiment, plan, dataset));
    return new OurTraining(new Trainer(device, model, dataset, experiment, plan, batches), batches);
  }

  /** @returns the mean cross-entropy before the update */
  async step(): Promise<number> {
    return (await this.trainer.train(this.steps++, this.signal)).loss;
  }

  async dispose(): Promise<void> {
    await this.batches?.dispose();
    await this.trainer.dispose();
  }
}

function settings(name: MethodName, batchSize: number) {
  const train = randomImages(batchSize * EPOCH_BATCHES);
  const dataset = {
    name: 'random',
    classNames: Array.from({ length: CLASSES }, (_, n) => String(n)),
    train,
    test: randomImages(1),
    normalization: NORMALIZATION,
  };
  const experiment = resolveExperiment(
    resolvedExperiment.parse({
      dataset: { name: 'cifar10' },
      // The trainer gets its network ready-made.
      model: { name: 'small-cnn' },
      method: { name },
      // More epochs than are timed, at a rate that stays the same: that of `torch_peer.py`.
      training: {
        epochs: 10_000,
        batchSize,
        schedule: { name: 'piecewise', learningRate: 0.01, milestones: [] },
      },
      evaluation: { during: { count: 1, attacks: [] }, final: { count: 1, attacks: [] } },
    }),
  );
  return { dataset, experiment, plan: planTraining(experiment, train.count) };
}
