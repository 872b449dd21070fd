import { cyclic, difference, drops, kernelDecay, madryWideResNet, preActResNet18, sgd } from './parts';
import type { Recipe } from './recipe';

/** Methods with one step or less for each update. */
export const fastRecipes: readonly Recipe[] = [
  {
    name: 'fgsm-rs-preact-resnet-18',
    title: 'Fast adversarial training, PreAct-ResNet-18',
    source: 'Wong et al., ICLR 2020; locuslab/fast_adversarial@54f7287',
    differences: [difference.frozen, 'no half precision', difference.epochs],
    fills: {
      model: preActResNet18,
      method: {
        name: 'fgsm-rs',
        norm: 'linf',
        epsilon: '8/255',
        stepSize: '10/255',
        attackBatchNorm: 'train',
      },
      training: { ...sgd, epochs: 15, weightDecay: 5e-4, schedule: cyclic(0.2) },
    },
  },
  {
    name: 'n-fgsm-preact-resnet-18',
    title: 'N-FGSM, PreAct-ResNet-18',
    source: 'de Jorge et al., NeurIPS 2022; pdejorge/N-FGSM@0a9e4f0',
    differences: [difference.frozen, difference.epochs],
    fills: {
      model: preActResNet18,
      method: {
        name: 'n-fgsm',
        epsilon: '8/255',
        noise: 2,
        stepSize: '8/255',
        attackBatchNorm: 'train',
      },
      training: { ...sgd, epochs: 30, weightDecay: 5e-4, schedule: cyclic(0.2) },
    },
  },
  {
    name: 'free-wrn-32-10',
    title: 'Free adversarial training, the wide ResNet of Madry et al.',
    source: 'Shafahi et al., NeurIPS 2019; ashafahi/free_adv_train@c42cac2',
    differences: [
      difference.standardised,
      difference.shortcuts,
      '26 epochs of 390 batches, each trained on 8 times: 81,120 steps, theirs 80,000',
    ],
    fills: {
      model: madryWideResNet,
      method: { name: 'free', epsilon: '8/255', replays: 8, clip: 'network' },
      training: {
        ...sgd,
        ...kernelDecay,
        epochs: 26,
        weightDecay: 2e-4,
        schedule: drops(0.1, [0.5, 0.75]),
      },
    },
  },
];
