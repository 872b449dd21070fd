import type { RunProgress } from '../progress';
import type { ImageSource } from './image-source';

export interface Splits {
  readonly train: ImageSource;
  readonly test: ImageSource;
}

export interface Dataset extends Splits {
  readonly name: string;
  readonly classNames: readonly string[];
  /** Per-channel mean and standard deviation of the training images in [0, 1]. */
  readonly normalization: Normalization;
}

export interface Normalization {
  readonly mean: readonly number[];
  readonly std: readonly number[];
}

export interface LoadOptions {
  readonly onProgress?: ((progress: RunProgress) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}
