import type { RunProgress } from '../progress';
import type { ImageSource } from './image-source';

export interface Splits {
  readonly train: ImageSource;
  readonly test: ImageSource;
}

/** What opening a data set gives. */
export interface OpenedDataset extends Splits {
  readonly classNames: readonly string[];
  /** Per-channel mean and standard deviation of the training images in [0, 1]. */
  readonly normalization: Normalization;
}

export interface Dataset extends OpenedDataset {
  readonly name: string;
}

export interface Normalization {
  readonly mean: readonly number[];
  readonly std: readonly number[];
}

export interface LoadOptions {
  readonly onProgress?: ((progress: RunProgress) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}
