import { defineMnistLike } from '../idx/mnist-like';

/** Kuzushiji-MNIST, Clanuwat et al. 2018: cursive Japanese characters. */
export const kmnist = defineMnistLike({
  name: 'kmnist',
  title: 'KMNIST',
  classNames: 'o ki su tsu na ha ma ya re wo'.split(' '),
  // Of the training images.
  normalization: { mean: 0.1918, std: 0.3483 },
  md5: [
    'bdb82020997e1d708af4cf47b453dcf7',
    'e144d726b3acfaa3e44228e80efcd344',
    '5c965bf0a639b31b8f53240b1b52f4d7',
    '7320c461ea6c1c855c0b718fb2a4b134',
  ],
  hosts: ['http://codh.rois.ac.jp/kmnist/dataset/kmnist/'],
});
