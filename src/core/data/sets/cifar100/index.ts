import { defineDataset, imageParameters } from '../../define-dataset';

const counts = { train: 50_000, test: 10_000 };

/** CIFAR-100 with its fine labels, Krizhevsky 2009. */
export const cifar100 = defineDataset({
  name: 'cifar100',
  title: 'CIFAR-100',
  facts: {
    classNames: (
      'apple aquarium_fish baby bear beaver bed bee beetle bicycle bottle bowl boy bridge bus butterfly ' +
      'camel can castle caterpillar cattle chair chimpanzee clock cloud cockroach couch crab crocodile cup ' +
      'dinosaur dolphin elephant flatfish forest fox girl hamster house kangaroo keyboard lamp lawn_mower ' +
      'leopard lion lizard lobster man maple_tree motorcycle mountain mouse mushroom oak_tree orange orchid ' +
      'otter palm_tree pear pickup_truck pine_tree plain plate poppy porcupine possum rabbit raccoon ray ' +
      'road rocket rose sea seal shark shrew skunk skyscraper snail snake spider squirrel streetcar ' +
      'sunflower sweet_pepper table tank telephone television tiger tractor train trout tulip turtle ' +
      'wardrobe whale willow_tree wolf woman worm'
    )
      .split(' ')
      .map((name) => name.replace('_', ' ')),
    counts,
    ...{ height: 32, width: 32, channels: 3 },
    // Of the training images.
    normalization: { mean: [0.5071, 0.4865, 0.4409], std: [0.2673, 0.2564, 0.2762] },
  },
  parameters: imageParameters(
    'cifar100',
    counts,
    'Folder with the binary version (train.bin, test.bin). Default: the cache, filled by a download.',
  ),
  fetch: async (options) => (await import('./open')).fetchCifar100(options),
  open: async (parameters, options) => (await import('./open')).openCifar100(parameters, options),
});
