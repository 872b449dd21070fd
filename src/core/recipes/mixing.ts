import {
  difference,
  drops,
  kernelDecay,
  madryWideResNet,
  pgdInTrain,
  preActResNet18,
  resNet18,
  sgd,
} from './parts';
import type { Recipe } from './recipe';

/** Methods that mix images. */
export const mixingRecipes: readonly Recipe[] = [
  {
    name: 'avmixup-wrn-32-10',
    title: 'AVmixup, the wide ResNet of Madry et al.',
    source: 'Lee et al., CVPR 2020; Saehyung-Lee/cifar10_challenge@1a8edc8',
    differences: [
      difference.standardised,
      difference.shortcuts,
      '205 epochs of 390 steps: 79,950 steps, theirs 80,000',
    ],
    fills: {
      model: madryWideResNet,
      method: { name: 'avmixup', ...pgdInTrain, gamma: 2, lambda1: 1, lambda2: 0.1 },
      training: {
        ...sgd,
        ...kernelDecay,
        epochs: 205,
        weightDecay: 2e-4,
        schedule: drops(0.1, [0.5, 0.75]),
      },
    },
  },
  {
    name: 'iat-resnet-18',
    title: 'Interpolated adversarial training, ResNet-18',
    source: 'Lamb et al., arXiv 1906.06784, and public re-implementations',
    differences: [
      'epochs and drops of the rate are our choice, those of Rice et al.',
      'lambda for each batch; a re-implementation draws one for each image',
    ],
    fills: {
      model: resNet18,
      method: { name: 'iat', ...pgdInTrain, alpha: 1, lambdaPer: 'batch' },
      training: {
        ...sgd,
        epochs: 200,
        weightDecay: 2e-4,
        schedule: drops(0.1, [0.5, 0.75]),
      },
    },
  },
  {
    name: 'm2at-preact-resnet-18',
    title: 'M2AT in the setting of Rice et al., PreAct-ResNet-18',
    source: 'Adachi et al., VISAPP 2023, arXiv 2302.08066; the setting is our choice',
    differences: ["the paper's own network, schedule, masks and labels are not public"],
    fills: {
      model: preActResNet18,
      method: {
        name: 'm2at',
        ...pgdInTrain,
        mask: { shape: 'rectangle', alpha: 1 },
        mixBeta: 1,
        labels: { policy: 'hard' },
      },
      training: {
        ...sgd,
        epochs: 200,
        weightDecay: 5e-4,
        schedule: drops(0.1, [0.5, 0.75]),
      },
    },
  },
];
