import { defineMnistLike } from '../idx/mnist-like';

/** Fashion-MNIST, Xiao, Rasul and Vollgraf 2017: pieces of clothing. */
export const fashionMnist = defineMnistLike({
  name: 'fashion-mnist',
  title: 'Fashion-MNIST',
  classNames: [
    'T-shirt/top',
    'trouser',
    'pullover',
    'dress',
    'coat',
    'sandal',
    'shirt',
    'sneaker',
    'bag',
    'ankle boot',
  ],
  // Of the training images.
  normalization: { mean: 0.286, std: 0.353 },
  md5: [
    '8d4fb7e6c68d591d4c3dfef9ec88bf0d',
    '25c81989df183df01b3e8a0aad5dffbe',
    'bef4ecab320f06d8554ea6380940ec79',
    'bb300cfdad3c16e7a12a480ee83cd310',
  ],
  hosts: ['http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/'],
});
