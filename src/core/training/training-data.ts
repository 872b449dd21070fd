import type { Dataset } from '../data/dataset';
import { imagePart } from '../data/image-part';
import type { ImageSource } from '../data/image-source';
import type { ResolvedExperiment } from '../experiment/experiment-schema';
import { validationCount } from '../experiment/validation-count';
import { Random } from '../random';

/** A data set as a training sees it: `train` is without what is held out. */
export interface TrainingData extends Dataset {
  /** Images that are never trained on, of the training set. Absent: none are held out. */
  readonly validation?: ImageSource;
  /** Where images are held out: the place of each image of `train` in the data set's own. */
  readonly trainIndices?: Uint32Array;
}

/** Holds out what `training.validation` says, drawn by the seed; without it, the data set as it is. */
export function holdOut(dataset: Dataset, { seed, training }: ResolvedExperiment): TrainingData {
  const { train } = dataset;
  const count = validationCount(training, train.count);
  if (count === 0) return dataset;
  const order = Random.keyed(seed, 'validation').permutation(train.count);
  const trainIndices = order.slice(count).sort();
  return {
    ...dataset,
    train: imagePart(train, trainIndices, train.split),
    validation: imagePart(train, order.slice(0, count), 'validation'),
    trainIndices,
  };
}
