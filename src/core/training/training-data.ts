import type { Dataset, LoadOptions } from '../data/dataset';
import type { DatasetDefinition } from '../data/define-dataset';
import { imagePart } from '../data/image-part';
import type { ImageSource } from '../data/image-source';
import { findDataset, loadDataset } from '../data/load-dataset';
import { M2atError } from '../errors';
import type { ResolvedExperiment } from '../experiment/experiment-schema';
import { heldOut, mostLeftOut, type HeldOut, type ImageCounts } from '../experiment/validation-rule';
import { Random } from '../random';

/** A data set as a training sees it: `train` is without what is held out. */
export interface TrainingData extends Dataset {
  /** Images that are never trained on: held out of the training set, or the data set's own. Absent: there are none. */
  readonly validation?: ImageSource;
  /** Where they are from; there where they are. */
  readonly validationFrom?: HeldOut['from'];
  /** The place of each image of `train` in the data set's own, where that is another one. */
  readonly trainIndices?: Uint32Array;
}

/**
 * Opens the images of an experiment, with those that are left out of its training images where they are to be held out.
 * @param given used instead of what the experiment names
 * @throws M2atError as `loadDataset`; `bad-input` where there are fewer than are asked for
 */
export async function loadTrainingImages(
  datasets: readonly DatasetDefinition[],
  { dataset: said, training }: ResolvedExperiment,
  given: Dataset | undefined,
  options: LoadOptions,
): Promise<{ readonly loaded: Dataset; readonly images: ImageCounts }> {
  const { trainCount = Infinity } = said;
  const more = said.trainCount === undefined ? 0 : mostLeftOut(training, trainCount);
  const counted = findDataset(datasets, said.name).facts?.counts.train;
  // Of images that nobody has counted, all are opened: how many of them are left out is not known otherwise. A run that is
  // resumed has its rule in other words, and measures the mean of the same images.
  const opensMore = counted === undefined ? training.validation !== undefined : more > 0;
  const asked = opensMore ? counted && Math.min(counted, trainCount + more) : said.trainCount;
  const loaded = given ?? (await loadDataset(datasets, { ...said, trainCount: asked }, options));
  const { count } = loaded.train;
  if (opensMore && counted === undefined && !given) assertEnough(said.trainCount, loaded);
  const train = opensMore ? Math.min(trainCount, count) : count;
  const all = given || !opensMore ? count : (counted ?? count);
  const own = loaded.validation?.count ?? 0;
  return { loaded, images: { train, all, test: loaded.test.count, own } };
}

/** Where more are opened than are asked for, the data set has not compared the two. */
function assertEnough(wanted: number | undefined, { name, train }: Dataset): void {
  if (wanted === undefined || wanted <= train.count) return;
  throw new M2atError(
    'bad-input',
    `dataset.trainCount is ${wanted}; there are ${train.count} training images`,
    {
      where: name,
      hint: 'Lower it, or leave it out to take all of them.',
    },
  );
}

/**
 * Holds out what `training.validation` says; without it, the data set as it is.
 * @param images `train`: those of the data set that the experiment asks for, the first ones
 */
export function holdOut(
  dataset: Dataset,
  { seed, training }: ResolvedExperiment,
  images: ImageCounts = { train: dataset.train.count },
): TrainingData {
  const held = heldOut(training, images);
  if (!held) return dataset.validation ? { ...dataset, validationFrom: 'data-set' } : dataset;
  const { train, validation } = dataset;
  const { count, from } = held;
  if (from === 'data-set') {
    if (!validation) throw new RangeError('The data set has no images for validation.');
    return {
      ...dataset,
      ...(images.train < train.count && { train: imagePart(train, range(0, images.train), train.split) }),
      validation:
        count < validation.count ? imagePart(validation, range(0, count), validation.split) : validation,
      validationFrom: from,
    };
  }
  if (from === 'left-out') {
    return {
      ...dataset,
      train: imagePart(train, range(0, images.train), train.split),
      validation: imagePart(train, range(images.train, images.train + count), 'validation'),
      validationFrom: from,
    };
  }
  const order = Random.keyed(seed, 'validation').permutation(images.train);
  const trainIndices = order.slice(count).sort();
  return {
    ...dataset,
    train: imagePart(train, trainIndices, train.split),
    validation: imagePart(train, order.slice(0, count), 'validation'),
    validationFrom: from,
    trainIndices,
  };
}

function range(first: number, end: number): Uint32Array {
  return Uint32Array.from({ length: end - first }, (_, n) => first + n);
}
