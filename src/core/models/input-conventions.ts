import type { InputSpec } from './input-spec';

/** A way of giving images to a network that some framework is known for. */
export interface InputConvention extends Pick<InputSpec, 'range' | 'channelOrder' | 'mean' | 'std'> {
  readonly name: string;
}

const imageNet = { mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] };
const cifar10 = { mean: [0.4914, 0.4822, 0.4465], std: [0.247, 0.2435, 0.2616] };

/** The usual ones, most frequent first. */
export const inputConventions: readonly InputConvention[] = [
  { name: '[0, 1]', range: [0, 1], channelOrder: 'RGB' },
  { name: '[0, 255]', range: [0, 255], channelOrder: 'RGB' },
  { name: '[-1, 1]', range: [-1, 1], channelOrder: 'RGB' },
  { name: "[0, 1] with ImageNet's mean and std", range: [0, 1], channelOrder: 'RGB', ...imageNet },
  { name: "[0, 1] with CIFAR-10's mean and std", range: [0, 1], channelOrder: 'RGB', ...cifar10 },
  {
    name: "[0, 255] with Caffe's mean, BGR",
    range: [0, 255],
    channelOrder: 'BGR',
    mean: [103.939, 116.779, 123.68],
  },
];
