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
  /**
   * Images that the data set itself keeps for choosing by: a training that holds out none of its own is evaluated on these.
   * Absent: it has none.
   */
  readonly validation?: ImageSource;
  /** Generated images that are trained on beside those of the data set. */
  readonly extra?: ExtraImages | undefined;
  /** Of a user's own files, 64 hex digits: it changes with which images there are. Absent where checksums say it. */
  readonly fingerprint?: string;
}

export interface ExtraImages {
  readonly source: ImageSource;
  /** How much of each batch they are, in (0, 1). */
  readonly share: number;
}

export interface Dataset extends OpenedDataset {
  readonly name: string;
}

export interface Normalization {
  readonly mean: readonly number[];
  readonly std: readonly number[];
}

/** How a data set gets into the cache. */
export interface CacheOptions extends LoadOptions {
  /** Default: `cacheFolder()`. */
  readonly cacheDir?: string | undefined;
  /** False: it is only looked for, and where it is missing or damaged that is an error. */
  readonly download?: boolean | undefined;
}

export interface LoadOptions {
  readonly onProgress?: ((progress: RunProgress) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}
