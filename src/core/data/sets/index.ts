import type { DatasetDefinition } from '../define-dataset';
import { arrays } from './arrays';
import { cifar10 } from './cifar10';
import { cifar100 } from './cifar100';
import { fashionMnist } from './fashion-mnist';
import { folder } from './folder';
import { kmnist } from './kmnist';
import { medMnist } from './medmnist';
import { mnist } from './mnist';
import { svhn } from './svhn';
import { tinyImagenet } from './tiny-imagenet';

/** Every data set, in the order in which people see them. Checkpoints that name none were trained on the first. */
export const datasets: readonly DatasetDefinition[] = [
  cifar10,
  cifar100,
  svhn,
  mnist,
  fashionMnist,
  kmnist,
  ...medMnist,
  tinyImagenet,
  folder,
  arrays,
];
