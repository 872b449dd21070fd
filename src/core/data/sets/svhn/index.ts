import { defineDataset, imageParameters } from '../../define-dataset';

const counts = { train: 73_257, test: 26_032 };

/** Street View House Numbers, cropped digits: Netzer et al. 2011. */
export const svhn = defineDataset({
  name: 'svhn',
  title: 'SVHN',
  facts: {
    classNames: '0 1 2 3 4 5 6 7 8 9'.split(' '),
    counts,
    ...{ height: 32, width: 32, channels: 3 },
    // Of the training images.
    normalization: { mean: [0.4377, 0.4438, 0.4728], std: [0.198, 0.201, 0.197] },
  },
  parameters: imageParameters(
    'svhn',
    counts,
    'Folder with train_32x32.mat and test_32x32.mat. Default: the cache, filled by a download.',
  ),
  fetch: async (options) => (await import('./open')).fetchSvhn(options),
  open: async (parameters, options) => (await import('./open')).openSvhn(parameters, options),
});
