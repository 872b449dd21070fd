import type { RunProgress } from '../progress';

/** Images and labels in memory. */
export interface ImageSet {
  /** NHWC, one byte a value. */
  readonly images: Uint8Array;
  /** One class index an image. */
  readonly labels: Uint8Array;
  readonly count: number;
  readonly height: number;
  readonly width: number;
  readonly channels: number;
}

/** The same for images from anywhere: values of one byte or floats in [0, 1], and any number of classes. */
export interface LabelledSet extends Omit<ImageSet, 'images' | 'labels'> {
  readonly images: Uint8Array | Float32Array;
  readonly labels: Uint8Array | Int32Array;
  /** Where only some of the `count` images are in memory: the row of each, by its index. Absent: all, in order. */
  readonly rows?: ReadonlyMap<number, number> | undefined;
}

export interface Splits {
  readonly train: ImageSet;
  readonly test: ImageSet;
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
