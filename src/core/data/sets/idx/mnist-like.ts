import type { DatasetDefinition } from '../../define-dataset';
import { defineDataset, imageParameters } from '../../define-dataset';

/** A data set in the files of MNIST: what differs from one to the other. */
export interface MnistLike {
  readonly name: string;
  readonly title: string;
  readonly classNames: readonly string[];
  readonly normalization: { readonly mean: number; readonly std: number };
  /** Of the four files, in the order of {@link mnistFiles}. */
  readonly md5: readonly [string, string, string, string];
  /** Addresses that a file's name is put behind. */
  readonly hosts: readonly string[];
}

/** Images and labels of the training, then of the test images. */
export const mnistFiles = [
  'train-images-idx3-ubyte.gz',
  'train-labels-idx1-ubyte.gz',
  't10k-images-idx3-ubyte.gz',
  't10k-labels-idx1-ubyte.gz',
] as const;

const counts = { train: 60_000, test: 10_000 };
export const mnistSide = 28;

/** 60,000 and 10,000 grey images of 28 x 28 pixels in ten classes. */
export function defineMnistLike(set: MnistLike): DatasetDefinition {
  const { name, title, classNames, normalization } = set;
  return defineDataset({
    ...{ name, title },
    facts: {
      ...{ classNames, counts, height: mnistSide, width: mnistSide, channels: 1 },
      normalization: { mean: [normalization.mean], std: [normalization.std] },
    },
    parameters: imageParameters(
      name,
      counts,
      `Folder with ${mnistFiles[0]}, ${mnistFiles[1]} and the same of t10k, or the unpacked files. Default: the cache, filled by a download.`,
    ),
    fetch: async (options) => (await import('./open')).fetchMnistLike(set, options),
    open: async (parameters, options) => (await import('./open')).openMnistLike(set, parameters, options),
  });
}
