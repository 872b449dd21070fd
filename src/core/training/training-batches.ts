import { gatherAugmented, type Augmentation } from '../data/augment';
import { gatherImages, gatherLabels } from '../data/batch';
import type { ImageSource } from '../data/image-source';
import { float32 } from '../engine/arrays/nd-array';
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
  /** Generated images in each batch. Absent: none. */
  readonly extraCount?: number | undefined;
}

/** Where a training step gets its batch from. */
export interface BatchSource {
  at(step: number): Promise<DrawnBatch>;
}

interface EpochOrder {
  readonly epoch: number;
  readonly indices: Uint32Array;
  /** Of the generated images. */
  readonly extra: Uint32Array;
}

/** The batches of a training run. Any step's batch can be made at any time: nothing depends on those before. */
export class TrainingBatches implements BatchSource {
  private order: EpochOrder | undefined;

  constructor(
    private readonly set: ImageSource,
    private readonly plan: BatchPlan,
    private readonly method: Pick<ChosenMethod, 'draw' | 'complete'>,
    /** Generated images, where the plan has some in each batch. */
    private readonly extra?: ImageSource,
  ) {}

  /** Shuffled anew in every epoch, and augmented. */
  async at(step: number): Promise<DrawnBatch> {
    const { batchSize, stepsPerEpoch, extraCount = 0 } = this.plan;
    const epoch = Math.floor(step / stepsPerEpoch);
    const position = step % stepsPerEpoch;
    if (this.order?.epoch !== epoch) this.order = this.orderOf(epoch);
    const own = batchSize - extraCount;
    const { indices, extra } = this.order;
    const place = { epoch, position };
    const originals = await this.gather(this.set, indices.subarray(position * own, (position + 1) * own), {
      ...place,
      purpose: 'augment',
    });
    const generated =
      this.extra &&
      (await this.gather(this.extra, extra.subarray(position * extraCount, (position + 1) * extraCount), {
        ...place,
        purpose: 'augment-extra',
      }));
    const batch = this.draw(generated ? joined(originals, generated) : originals, '', step);
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

  /** An epoch is as many steps as the data set has whole batches; generated images take the place of some of its own. */
  private orderOf(epoch: number): EpochOrder {
    const { seed, stepsPerEpoch, extraCount = 0 } = this.plan;
    const indices = Random.keyed(seed, 'shuffle', epoch).permutation(this.set.count);
    const extra = new Uint32Array(this.extra ? stepsPerEpoch * extraCount : 0);
    const random = Random.keyed(seed, 'extra', epoch);
    // Where there are fewer than an epoch takes, all of them, and all again.
    const available = this.extra?.count ?? 0;
    for (let from = 0; from < extra.length; from += available) {
      extra.set(random.sample(available, Math.min(available, extra.length - from)), from);
    }
    return { epoch, indices, extra };
  }

  private async gather(
    source: ImageSource,
    indices: Uint32Array,
    {
      purpose,
      epoch,
      position,
    }: { readonly purpose: string; readonly epoch: number; readonly position: number },
  ): Promise<Pick<DrawnBatch, 'images' | 'labels'>> {
    const { seed, augment } = this.plan;
    const random = Random.keyed(seed, purpose, epoch, position);
    const images = await gatherAugmented(source, indices, augment, random);
    return { images, labels: gatherLabels(source, indices) };
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

function joined(
  a: Pick<DrawnBatch, 'images' | 'labels'>,
  b: Pick<DrawnBatch, 'images' | 'labels'>,
): Pick<DrawnBatch, 'images' | 'labels'> {
  const [count = 0, ...shape] = a.images.shape;
  const data = new Float32Array(a.images.data.length + b.images.data.length);
  data.set(a.images.data);
  data.set(b.images.data, a.images.data.length);
  return {
    images: float32(data, [count + b.labels.length, ...shape]),
    labels: Int32Array.from([...a.labels, ...b.labels]),
  };
}
