import { cyclic, difference, preActResNet18, sgd } from './parts';
import type { Recipe } from './recipe';

/** Single-step methods. */
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
];
