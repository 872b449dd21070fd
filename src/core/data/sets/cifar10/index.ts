import { defineDataset, imageParameters } from '../../define-dataset';

const counts = { train: 50_000, test: 10_000 };

/** CIFAR-10, Krizhevsky 2009. */
export const cifar10 = defineDataset({
  name: 'cifar10',
  title: 'CIFAR-10',
  facts: {
    classNames: 'airplane automobile bird cat deer dog frog horse ship truck'.split(' '),
    counts,
    ...{ height: 32, width: 32, channels: 3 },
    // Of the training images.
    normalization: { mean: [0.4914, 0.4822, 0.4465], std: [0.247, 0.2435, 0.2616] },
  },
  parameters: imageParameters(
    'cifar10',
    counts,
    'Folder with the binary version (data_batch_1.bin … test_batch.bin). Default: the cache, filled by a download.',
  ),
  fetch: async (options) => (await import('./fetch')).fetchCifar10(options),
  open: async (parameters, options) => (await import('./open')).openCifar10(parameters, options),
});
