import type { Box } from './pictures/resample';
import type { Pixels, SourceHandle } from './source-handle';

/**
 * The images of one split, which may be more than fit into memory: they are read as they are asked for. A source holds
 * nothing that would have to be closed; one that reads files opens them for each call.
 */
export interface Images<Kind extends 'uint8' | 'float32', Values extends Pixels> {
  /** What its data set calls it. */
  readonly split: string;
  readonly count: number;
  readonly height: number;
  readonly width: number;
  readonly channels: number;
  /** What is read: bytes, or floats in [0, 1]. */
  readonly values: Kind;
  /** The class of each image, in [0, classes). */
  readonly labels: Int32Array;
  /** Where only some of the `count` images are there: the place of each in `labels`, by its index. Absent: all, in order. */
  readonly rows?: ReadonlyMap<number, number> | undefined;
  /** So many steps ahead a training makes its batches, because reading takes long now and then. Absent: 1. */
  readonly ahead?: number | undefined;
  /** So many threads may make its batches at the same time, a batch each, because reading takes long. Absent: 1. */
  readonly threads?: number | undefined;
  /**
   * Reads images one after the other, NHWC.
   * @param indices of images that are there, in any order; one may be there twice
   * @param into as long as the images are together
   * @throws M2atError `data` or `io` for images that can't be had; `cancelled`
   */
  read(indices: ArrayLike<number>, into: Values, signal?: AbortSignal): Promise<void>;
  /**
   * Reads parts of the images, scaled to their size: where they are made of larger pictures, parts of those. Absent: parts are
   * those of the images that {@link read} gives.
   * @param partOf which part of the n-th one, of so many pixels; called once for each, in order
   */
  readonly readParts?: (
    indices: ArrayLike<number>,
    into: Values,
    partOf: (n: number, size: { readonly width: number; readonly height: number }) => Box,
  ) => Promise<void>;
  /** How another thread opens the same images. */
  handle(): SourceHandle;
}

export type ImageSource = Images<'uint8', Uint8Array> | Images<'float32', Float32Array>;
