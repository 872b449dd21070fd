import { defineMnistLike } from '../idx/mnist-like';

/** MNIST, LeCun, Cortes and Burges 1998: handwritten digits. */
export const mnist = defineMnistLike({
  name: 'mnist',
  title: 'MNIST',
  classNames: '0 1 2 3 4 5 6 7 8 9'.split(' '),
  // Of the training images.
  normalization: { mean: 0.1307, std: 0.3081 },
  md5: [
    'f68b3c2dcbeaaa9fbdd348bbdeb94873',
    'd53e105ee54ea40749a09fcbcd1e9432',
    '9fb629c4189551a2d022fa330f9573f3',
    'ec29112dd5afa0611ce80d1b7f02629c',
  ],
  hosts: ['https://ossci-datasets.s3.amazonaws.com/mnist/', 'http://yann.lecun.com/exdb/mnist/'],
});
