import { defineDataset, imageParameters } from '../../define-dataset';
import { classNames } from './classes';

const counts = { train: 100_000, test: 10_000 };

/** Tiny ImageNet, of Stanford's course CS231n: 200 of ImageNet's classes. Its validation images are the test images here. */
export const tinyImagenet = defineDataset({
  name: 'tiny-imagenet',
  title: 'Tiny ImageNet',
  facts: {
    classNames,
    counts,
    ...{ height: 64, width: 64, channels: 3 },
    // Of the training images.
    normalization: { mean: [0.4802, 0.4481, 0.3975], std: [0.277, 0.2691, 0.2821] },
  },
  parameters: imageParameters(
    'tiny-imagenet',
    counts,
    'Folder with tiny-imagenet-200.zip. Default: the cache, filled by a download.',
  ),
  fetch: async (options) => (await import('./open')).fetchTinyImagenet(options),
  open: async (parameters, options) => (await import('./open')).openTinyImagenet(parameters, options),
});
