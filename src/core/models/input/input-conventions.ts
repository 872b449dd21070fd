import type { InputSpec } from './input-spec';

/** A way of giving images to a network that some framework or data set is known for. */
export interface InputConvention extends Pick<InputSpec, 'range' | 'channelOrder' | 'mean' | 'std'> {
  readonly name: string;
}

const unit = { range: [0, 1], channelOrder: 'RGB' } as const;

/** The usual ones, most frequent first. Means and deviations are those that training recipes of these data sets use. */
export const inputConventions: readonly InputConvention[] = [
  { name: '[0, 1]', ...unit },
  { name: '[0, 255]', range: [0, 255], channelOrder: 'RGB' },
  {
    name: "[0, 1] with ImageNet's mean and std",
    ...unit,
    mean: [0.485, 0.456, 0.406],
    std: [0.229, 0.224, 0.225],
  },
  { name: '[-1, 1]', range: [-1, 1], channelOrder: 'RGB' },
  {
    name: "[0, 1] with CIFAR-10's mean and std",
    ...unit,
    mean: [0.4914, 0.4822, 0.4465],
    std: [0.247, 0.2435, 0.2616],
  },
  { name: "[0, 1] with MNIST's mean and std", ...unit, mean: [0.1307], std: [0.3081] },
  {
    name: "[0, 255] with Caffe's mean, BGR",
    range: [0, 255],
    channelOrder: 'BGR',
    mean: [103.939, 116.779, 123.68],
  },
  {
    name: "[0, 1] with CIFAR-100's mean and std",
    ...unit,
    mean: [0.5071, 0.4865, 0.4409],
    std: [0.2673, 0.2564, 0.2762],
  },
  {
    name: "[0, 1] with SVHN's mean and std",
    ...unit,
    mean: [0.4377, 0.4438, 0.4728],
    std: [0.198, 0.201, 0.197],
  },
];

/** Whether a network with so many channels can be given images in this way. */
export function fitsChannels({ mean, std, channelOrder }: InputConvention, channels: number): boolean {
  if (channelOrder === 'BGR' && channels !== 3) return false;
  return [mean, std].every((list) => list === undefined || list.length === 1 || list.length === channels);
}
