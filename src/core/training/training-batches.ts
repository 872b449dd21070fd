import type { LabelledImages } from '../attacks/attack';
import { augmentBatch, type Augmentation } from '../data/augment';
import { gatherImages, gatherLabels } from '../data/batch';
import type { ImageSet } from '../data/dataset';
import { Random } from '../random';
import type { TrainingPlan } from './training-plan';

/** The batches of a training run. Any step's batch can be made at any time: nothing depends on those before. */
export class TrainingBatches {
  private order: { readonly epoch: number; readonly indices: Uint32Array } | undefined;

  constructor(
    private readonly set: ImageSet,
    private readonly plan: Pick<TrainingPlan, 'batchSize' | 'stepsPerEpoch'>,
    private readonly seed: number,
    private readonly augment: Augmentation,
  ) {}

  /** Shuffled anew in every epoch, and augmented. */
  at(step: number): LabelledImages {
    const { batchSize, stepsPerEpoch } = this.plan;
    const epoch = Math.floor(step / stepsPerEpoch);
    const position = step % stepsPerEpoch;
    if (this.order?.epoch !== epoch) {
      const indices = Random.keyed(this.seed, 'shuffle', epoch).permutation(this.set.count);
      this.order = { epoch, indices };
    }
    const indices = this.order.indices.subarray(position * batchSize, (position + 1) * batchSize);
    const random = Random.keyed(this.seed, 'augment', epoch, position);
    return {
      images: augmentBatch(gatherImages(this.set, indices), this.augment, random),
      labels: gatherLabels(this.set, indices),
    };
  }

  /**
   * The same training images every time, without augmentation, for the sample grid: full batches with at least
   * `count` images, or as many as the set has.
   */
  fixed(count: number): (LabelledImages & { readonly indices: Uint32Array })[] {
    const { batchSize } = this.plan;
    const order = Random.keyed(this.seed, 'samples').permutation(this.set.count);
    const batches = Math.min(Math.ceil(count / batchSize), Math.floor(this.set.count / batchSize));
    return Array.from({ length: batches }, (_, n) => {
      const indices = order.slice(n * batchSize, (n + 1) * batchSize);
      return { images: gatherImages(this.set, indices), labels: gatherLabels(this.set, indices), indices };
    });
  }
}
