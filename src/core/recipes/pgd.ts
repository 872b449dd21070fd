import { usualAttacks } from '../attacks/plan/usual-attacks';
import { difference, drops, pgdInTrain, preActResNet18, sgd } from './parts';
import type { Recipe } from './recipe';

const rice = {
  model: preActResNet18,
  training: {
    ...sgd,
    epochs: 200,
    weightDecay: 5e-4,
    schedule: drops(0.1, [0.5, 0.75]),
    validation: { count: 1000 },
  },
  evaluation: { final: { count: 1000, attacks: usualAttacks.final, network: 'best' } },
};
const code = 'locuslab/robust_overfitting@c47a25c';
const differences = [
  difference.frozen,
  'theirs makes two more passes in train mode that move them: one that picks the restart, and a clean one for the log',
  'the best network is chosen by PGD on the first 500 of 1,000 images held out, of equally robust ones by clean accuracy; theirs by PGD-10 on all of them',
  difference.epochs,
];

/** PGD-AT, and with weight perturbation. */
export const pgdRecipes: readonly Recipe[] = [
  {
    name: 'pgd-at-preact-resnet-18',
    title: 'PGD-AT with early stopping, PreAct-ResNet-18',
    source: `Rice et al., ICML 2020; ${code}`,
    differences,
    fills: { ...rice, method: { name: 'pgd-at', ...pgdInTrain } },
  },
  {
    name: 'pgd-at-l2-preact-resnet-18',
    title: 'PGD-AT in L2 with early stopping, PreAct-ResNet-18',
    source: `Rice et al., ICML 2020; ${code}`,
    differences,
    fills: {
      ...rice,
      method: { name: 'pgd-at', ...pgdInTrain, norm: 'l2', epsilon: '128/255', stepSize: '15/255' },
    },
  },
  {
    name: 'pgd-at-awp-preact-resnet-18',
    title: 'PGD-AT with adversarial weight perturbation, PreAct-ResNet-18',
    source: 'Wu et al., NeurIPS 2020; csdongxian/AWP@a7acf5d',
    differences: [
      difference.frozen,
      'theirs makes one more clean pass in train mode, for the log, that moves them',
      difference.epochs,
    ],
    fills: {
      model: rice.model,
      method: { name: 'pgd-at', ...pgdInTrain },
      options: { awp: { gamma: 0.01, warmup: 0 } },
      training: {
        ...sgd,
        epochs: 200,
        weightDecay: 5e-4,
        schedule: drops(0.1, [0.5, 0.75]),
      },
    },
  },
];
