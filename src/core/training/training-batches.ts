import { gatherAugmented, type Augmentation } from '../data/augment';
import { gatherImages, gatherLabels } from '../data/batch';
import type { ImageSource } from '../data/image-source';
import type { ChosenMethod } from '../methods/define-method';
import type { DrawnBatch } from '../methods/method';
import type { Named } from '../named-schema';
import { Random } from '../random';
import { withoutKeys } from '../without-keys';

/** Everything that decides what is in a batch, beside the images. */
export interface BatchPlan {
  readonly batchSize: number;
  readonly stepsPerEpoch: number;
  readonly steps: number;
  /** Batches between two moves of the weights: the parts of a step where gradients are accumulated. Absent: 1. */
  readonly parts?: number | undefined;
  readonly seed: number;
  readonly classes: number;
  readonly augment: Augmentation;
  /** Of the training images, a number in [0, 1] for each channel. */
  readonly meanColour: readonly number[];
  readonly method: Named;
  readonly options: Readonly<Record<string, unknown>>;
}

/** Where a training step gets its batch from. */
export interface BatchSource {
  at(step: number): Promise<DrawnBatch>;
}

/** The batches of a training run. Any step's batch can be made at any time: nothing depends on those before. */
export class TrainingBatches implements BatchSource {
  private order: { readonly epoch: number; readonly indices: Uint32Array } | undefined;

  constructor(
    private readonly set: ImageSource,
    private readonly plan: BatchPlan,
    private readonly method: Pick<ChosenMethod, 'draw' | 'complete'>,
  ) {}

  /** Shuffled anew in every epoch, and augmented. */
  async at(step: number): Promise<DrawnBatch> {
    const { batchSize, stepsPerEpoch, seed, augment } = this.plan;
    const epoch = Math.floor(step / stepsPerEpoch);
    const position = step % stepsPerEpoch;
    if (this.order?.epoch !== epoch) {
      const indices = Random.keyed(seed, 'shuffle', epoch).permutation(this.set.count);
      this.order = { epoch, indices };
    }
    const indices = this.order.indices.subarray(position * batchSize, (position + 1) * batchSize);
    const random = Random.keyed(seed, 'augment', epoch, position);
    const images = await gatherAugmented(this.set, indices, augment, random);
    const batch = this.draw({ images, labels: gatherLabels(this.set, indices) }, '', step);
    // What it is mixed of is for the sample grid.
    return withoutKeys(batch, ['unmixed']);
  }

  /**
   * The same training images every time, without augmentation, for the sample grid: full batches with at least
   * `count` images, or as many as the set has. What is random about them is drawn anew for each step.
   */
  async fixed(count: number, step: number): Promise<(DrawnBatch & { readonly indices: Uint32Array })[]> {
    const { batchSize, seed } = this.plan;
    const order = Random.keyed(seed, 'samples').permutation(this.set.count);
    const batches = Math.min(Math.ceil(count / batchSize), Math.floor(this.set.count / batchSize));
    const made: (DrawnBatch & { readonly indices: Uint32Array })[] = [];
    for (let n = 0; n < batches; n++) {
      const indices = order.slice(n * batchSize, (n + 1) * batchSize);
      const images = await gatherImages(this.set, indices);
      const batch = { images, labels: gatherLabels(this.set, indices) };
      made.push({ ...this.draw(batch, n === 0 ? 'samples-' : `samples-${n}-`, step), indices });
    }
    return made;
  }

  private draw(images: Pick<DrawnBatch, 'images' | 'labels'>, prefix: string, step: number): DrawnBatch {
    const { classes, meanColour, seed, steps, stepsPerEpoch, parts = 1 } = this.plan;
    const epoch = Math.floor(step / stepsPerEpoch);
    // The parts of a step stand where the step stands.
    const progress = (Math.floor(step / parts) * parts) / steps;
    const batch = { ...images, classes, meanColour, progress, steps: steps / parts };
    const draws = this.method.draw(batch, (purpose) =>
      Random.keyed(seed, `${prefix}${purpose}`, epoch, step % stepsPerEpoch),
    );
    return this.method.complete(batch, draws);
  }
}
