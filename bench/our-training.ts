import type * as tf from '@tensorflow/tfjs';
import type { LabelledImages } from '../src/core/attacks/base/attack';
import type { Device } from '../src/core/engine/devices/device';
import { experimentSchemas } from '../src/core/experiment/experiment-schema';
import { builtIn } from '../src/core/registry/registry';
import { methods } from '../src/core/methods';
import { chooseMethod } from '../src/core/methods/choose-method';
import type { Named } from '../src/core/named-schema';
import { Random } from '../src/core/random';
import { resolveExperiment } from '../src/core/experiment/resolve-experiment';
import { ThreadedBatches } from '../src/core/training/threaded-batches';
import { batchPlan, Trainer } from '../src/core/training/trainer';
import type { BatchSource } from '../src/core/training/training-batches';
import { planTraining } from '../src/core/experiment/training-plan';
import { CLASSES, NORMALIZATION, randomImages } from './our-data';
import { methodParameters, withCheckpoint } from './method-parameters';
import { EPOCH_BATCHES } from './tasks';
import { attacks } from '../src/core/attacks';

/** The product's trainer, one step at a time. */
export class OurTraining {
  private steps = 0;
  private readonly signal = new AbortController().signal;

  private constructor(
    private readonly trainer: Trainer,
    private readonly batches: ThreadedBatches | undefined,
  ) {}

  /** Steps on one batch, always the same, from memory; what the method draws at random is drawn in the step. */
  static async onOneBatch(
    device: Device,
    model: tf.LayersModel,
    name: string,
    batch: LabelledImages,
  ): Promise<OurTraining> {
    return withCheckpoint(model, (folder) =>
      OurTraining.with(device, model, methodParameters(name, folder), batch),
    );
  }

  private static async with(
    device: Device,
    model: tf.LayersModel,
    parameters: Named,
    batch: LabelledImages,
  ): Promise<OurTraining> {
    const { dataset, experiment, method, plan } = settings(parameters, batch.labels.length);
    const images = { ...batch, classes: CLASSES, progress: 0, steps: plan.steps };
    const source: BatchSource = {
      at(step) {
        const draws = method.draw(images, (purpose) => Random.keyed(0, purpose, step));
        return Promise.resolve(method.complete(images, draws));
      },
    };
    const setting = { attacks, device, model, dataset, experiment, method };
    return new OurTraining(await Trainer.create(setting, plan, source), undefined);
  }

  /** Standard training on shuffled, cropped and flipped images, prepared in a thread as in a run. */
  static async onManyBatches(device: Device, model: tf.LayersModel, batchSize: number): Promise<OurTraining> {
    const { dataset, experiment, method, plan } = settings({ name: 'standard' }, batchSize);
    const batches = await ThreadedBatches.start(dataset.train, batchPlan(experiment, plan, dataset));
    const setting = { attacks, device, model, dataset, experiment, method };
    return new OurTraining(await Trainer.create(setting, plan, batches), batches);
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

function settings(parameters: Named, batchSize: number) {
  const train = randomImages(batchSize * EPOCH_BATCHES);
  const dataset = {
    name: 'random',
    classNames: Array.from({ length: CLASSES }, (_, n) => String(n)),
    train,
    test: randomImages(1),
    normalization: NORMALIZATION,
  };
  const experiment = resolveExperiment(
    experimentSchemas(builtIn).run.parse({
      dataset: { name: 'cifar10' },
      // The trainer gets its network ready-made.
      model: { name: 'small-cnn' },
      method: parameters,
      // More epochs than are timed, at a rate that stays the same: that of `torch_peer.py`.
      training: {
        epochs: 10_000,
        batchSize,
        schedule: { name: 'piecewise', learningRate: 0.01, milestones: [] },
        decay: 'all',
      },
      evaluation: { during: { count: 1, attacks: [] }, final: { count: 1, attacks: [] } },
    }),
  );
  const method = chooseMethod(methods, experiment.method);
  return { dataset, experiment, method, plan: planTraining(experiment, train.count) };
}
