import { gatherAugmented, type Augmentation } from '../data/augment';
import { gatherImages, gatherLabels } from '../data/batch';
import type { ImageSet } from '../data/dataset';
import type { ChosenMethod } from '../methods/define-method';
import type { DrawnBatch } from '../methods/method';
import type { Named } from '../named-schema';
import { Random } from '../random';

/** Everything that decides what is in a batch, beside the images. */
export interface BatchPlan {
  readonly batchSize: number;
  readonly stepsPerEpoch: number;
  readonly steps: number;
  readonly seed: number;
  readonly classes: number;
  readonly augment: Augmentation;
  readonly method: Named;
}

/** Where a training step gets its batch from. */
export interface BatchSource {
  at(step: number): DrawnBatch | Promise<DrawnBatch>;
}

/** The batches of a training run. Any step's batch can be made at any time: nothing depends on those before. */
export class TrainingBatches implements BatchSource {
  private order: { readonly epoch: number; readonly indices: Uint32Array } | undefined;

  constructor(
    private readonly set: ImageSet,
    private readonly plan: BatchPlan,
    private readonly method: Pick<ChosenMethod, 'draw'>,
  ) {}

  /** Shuffled anew in every epoch, and augmented. */
  at(step: number): DrawnBatch {
    const { batchSize, stepsPerEpoch, seed, augment } = this.plan;
    const epoch = Math.floor(step / stepsPerEpoch);
    const position = step % stepsPerEpoch;
    if (this.order?.epoch !== epoch) {
      const indices = Random.keyed(seed, 'shuffle', epoch).permutation(this.set.count);
      this.order = { epoch, indices };
    }
    const indices = this.order.indices.subarray(position * batchSize, (position + 1) * batchSize);
    const random = Random.keyed(seed, 'augment', epoch, position);
    return this.draw(
      {
        images: gatherAugmented(this.set, indices, augment, random),
        labels: gatherLabels(this.set, indices),
      },
      '',
      step,
    );
  }

  /**
   * The same training images every time, without augmentation, for the sample grid: full batches with at least
   * `count` images, or as many as the set has. What is random about them is drawn anew for each step.
   */
  fixed(count: number, step: number): (DrawnBatch & { readonly indices: Uint32Array })[] {
    const { batchSize, seed } = this.plan;
    const order = Random.keyed(seed, 'samples').permutation(this.set.count);
    const batches = Math.min(Math.ceil(count / batchSize), Math.floor(this.set.count / batchSize));
    return Array.from({ length: batches }, (_, n) => {
      const indices = order.slice(n * batchSize, (n + 1) * batchSize);
      const batch = { images: gatherImages(this.set, indices), labels: gatherLabels(this.set, indices) };
      return { ...this.draw(batch, n === 0 ? 'samples-' : `samples-${n}-`, step), indices };
    });
  }

  private draw(batch: Pick<DrawnBatch, 'images' | 'labels'>, prefix: string, step: number): DrawnBatch {
    const { classes, seed, stepsPerEpoch } = this.plan;
    const epoch = Math.floor(step / stepsPerEpoch);
    return this.method.draw({ ...batch, classes }, (purpose) =>
      Random.keyed(seed, `${prefix}${purpose}`, epoch, step % stepsPerEpoch),
    );
  }
}
