import {
  difference,
  drops,
  kernelDecay,
  oneCycle,
  pgdInEval,
  pgdInTrain,
  preActResNet18,
  resNet18,
  rounded,
  sgd,
  wideResNet,
} from './parts';
import type { Recipe } from './recipe';

/** WRN-28-10 with SiLU on batches of 512, for 400 epochs. */
const silu = {
  model: { ...wideResNet(28, 10), activation: 'silu' },
  training: {
    ...sgd,
    ...kernelDecay,
    epochs: 400,
    batchSize: 512,
    nesterov: true,
    weightDecay: 5e-4,
    schedule: oneCycle(0.2, 0.025),
  },
};
const averaged = { decay: 0.995, warmup: 0.025, statistics: 'copied' };
const ofSilu = [
  difference.generated,
  difference.perEpoch,
  difference.statistics,
  difference.batchNorm,
  'an epoch leaves out the images that fill no batch',
];
const passes = 'the passes of the loss that move the running statistics come in another order (clean first)';

/** TRADES and what is built on it. */
export const tradesRecipes: readonly Recipe[] = [
  {
    name: 'trades-wrn-34-10',
    title: 'TRADES as its authors train it, WRN-34-10',
    source: 'Zhang et al., ICML 2019; yaodongyu/TRADES@6e8e11b',
    differences: [difference.epochs],
    fills: {
      model: wideResNet(34, 10),
      method: { name: 'trades', ...pgdInEval, ...rounded, beta: 6 },
      // From epoch 75 of 76 on, counted from 1: its last two.
      training: { ...sgd, epochs: 76, weightDecay: 2e-4, schedule: drops(0.1, [74 / 76]) },
    },
  },
  {
    name: 'trades-preact-resnet-18',
    title: 'TRADES as later work trains it, PreAct-ResNet-18',
    source: 'Setting of csdongxian/AWP@a7acf5d without its perturbation, which later comparisons share',
    differences: ['theirs is a WRN-34-10 or ResNet-18', passes, difference.epochs],
    fills: {
      model: preActResNet18,
      method: { name: 'trades', ...pgdInEval, beta: 6 },
      // From epochs 100 and 150 of 200 on, counted from 1.
      training: {
        ...sgd,
        epochs: 200,
        weightDecay: 5e-4,
        schedule: drops(0.1, [99 / 200, 149 / 200]),
      },
    },
  },
  {
    name: 'trades-awp-wrn-34-10',
    title: 'TRADES with adversarial weight perturbation, WRN-34-10',
    source: 'Wu et al., NeurIPS 2020; csdongxian/AWP@a7acf5d',
    differences: [passes, difference.epochs],
    fills: {
      model: wideResNet(34, 10),
      method: { name: 'trades', ...pgdInEval, beta: 6 },
      // From epoch 10 of 200 on, counted from 1.
      options: { awp: { gamma: 0.005, warmup: 9 / 200 } },
      training: {
        ...sgd,
        epochs: 200,
        weightDecay: 5e-4,
        schedule: drops(0.1, [99 / 200, 149 / 200]),
      },
    },
  },
  {
    name: 'mart-resnet-18',
    title: 'MART, ResNet-18',
    source: 'Wang et al., ICLR 2020; YisenWang/MART@2d83e17',
    differences: [difference.epochs],
    fills: {
      model: resNet18,
      method: { name: 'mart', ...pgdInEval, ...rounded, beta: 5 },
      // From epochs 75, 90 and 100 of 120 on, counted from 1.
      training: {
        ...sgd,
        epochs: 120,
        weightDecay: 3.5e-3,
        schedule: drops(0.01, [74 / 120, 89 / 120, 99 / 120]),
      },
    },
  },
  {
    name: 'mart-wrn-34-10',
    title: 'MART, WRN-34-10',
    source: 'Wang et al., ICLR 2020; YisenWang/MART@2d83e17',
    differences: [difference.epochs],
    fills: {
      model: wideResNet(34, 10),
      method: { name: 'mart', ...pgdInEval, ...rounded, beta: 6 },
      // From epochs 75 and 90 of 90 on, counted from 1.
      training: {
        ...sgd,
        epochs: 90,
        weightDecay: 7e-4,
        schedule: drops(0.1, [74 / 90, 89 / 90]),
      },
    },
  },
  {
    name: 'hat-resnet-18',
    title: 'HAT, ResNet-18; the file names the helper',
    source: 'Rade and Moosavi-Dezfooli, ICLR 2022; imrahulr/hat@3177a4f',
    differences: [
      '`method.helper`, a checkpoint of a standard-trained network, has to be said beside the recipe: theirs is a ResNet-18 of 50 epochs',
      difference.epochs,
    ],
    fills: {
      model: resNet18,
      method: { name: 'hat', ...pgdInEval, beta: 2.5, gamma: 0.5, h: 2 },
      training: {
        ...sgd,
        epochs: 50,
        nesterov: true,
        weightDecay: 5e-4,
        schedule: oneCycle(0.21, 0.25),
      },
    },
  },
  {
    name: 'score-wrn-28-10',
    title: 'SCORE (LSE) with weight averaging, WRN-28-10 with SiLU',
    source: 'Pang et al., ICML 2022; P2333/SCORE@e82f442',
    differences: ofSilu,
    fills: {
      ...silu,
      method: { name: 'score', ...pgdInTrain, beta: 4 },
      options: { ema: averaged },
    },
  },
  {
    name: 'trades-dm-wrn-28-10',
    title: 'TRADES with label smoothing and weight averaging, WRN-28-10 with SiLU',
    source: 'Wang et al., ICML 2023; wzekai99/DM-Improves-AT@b390f25',
    differences: ofSilu,
    fills: {
      ...silu,
      method: { name: 'trades', ...pgdInTrain, beta: 5 },
      options: { labelSmoothing: 0.1, ema: averaged },
    },
  },
];
