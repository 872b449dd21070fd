/** What recipes have in common. */

/** PyTorch's conventions for a network; TensorFlow's are in codes for TF1. */
const pytorch = { activation: 'relu', padding: 'pytorch', variance: 'unbiased' };

export const preActResNet18 = { name: 'preact-resnet', blocks: [2, 2, 2, 2], width: 64, ...pytorch };
export const resNet18 = { name: 'resnet', blocks: [2, 2, 2, 2], width: 64, ...pytorch };
export const wideResNet = (depth: number, width: number) => ({
  name: 'wide-resnet',
  ...{ depth, width },
  ...pytorch,
});
/** That of Madry et al., which they call w32-10: five blocks a stage, as in a WRN-34-10. */
export const madryWideResNet = {
  ...wideResNet(34, 10),
  ...{ activation: 'leaky-relu', leakySlope: 0.1, padding: 'tensorflow', variance: 'biased' },
};

const augment = { crop: 4, flip: true };
/** SGD of the field: weight decay on all parameters, as PyTorch has it. */
export const sgd = { batchSize: 128, momentum: 0.9, nesterov: false, decay: 'all', augment };
/** Weight decay on kernels only. */
export const kernelDecay = { decay: 'kernels' };

/** Drops of the rate to a tenth of it. @param milestones shares of the training */
export const drops = (learningRate: number, milestones: readonly number[]) => ({
  name: 'piecewise',
  ...{ learningRate, milestones, factor: 0.1 },
});
/** PyTorch's OneCycleLR. @param peak share of the training */
export const oneCycle = (learningRate: number, peak: number) => ({
  name: 'one-cycle',
  ...{ learningRate, peak, divisor: 25, finalDivisor: 1e4 },
  ...{ cycleMomentum: true, baseMomentum: 0.85, maxMomentum: 0.95 },
});
/** PyTorch's CyclicLR from 0 to a peak in the middle and back, with the momentum that it cycles. */
export const cyclic = (learningRate: number) => ({
  name: 'cyclic',
  ...{ learningRate, peak: 0.5, cycleMomentum: true, baseMomentum: 0.8, maxMomentum: 0.9 },
});

/** PGD within 8/255. */
const linf = { norm: 'linf', epsilon: '8/255', stepSize: '2/255', steps: 10, randomStart: true };
/** From anywhere in the ball, with the statistics of the batch. */
export const pgdInTrain = { ...linf, startNoise: 'uniform', attackBatchNorm: 'train' };
/** From normal noise, with the moving statistics: as TRADES and MART. */
export const pgdInEval = { ...linf, startNoise: 'normal', attackBatchNorm: 'eval' };
/** As the code of TRADES and MART rounds it. */
export const rounded = { epsilon: 0.031, stepSize: 0.007 };

/** Differences of several recipes. */
export const difference = {
  epochs: 'an epoch leaves out the images that fill no batch (80 of 50,000 with batches of 128)',
  perStep: 'drops come between steps, not epochs, at the same place',
  standardised: 'images are normalised by the mean and deviation of the data, not each by its own',
  frozen: 'the inner attack does not move the running statistics; theirs moves them in every step',
  batchNorm: "decay leaves out all biases and BatchNorm's parameters; theirs BatchNorm's only",
  generated: 'no generated images: theirs fill 70 % of each batch',
  statistics:
    'BatchNorm keeps 0.9 of its running statistics in each step; theirs 0.99, and all of the first batch',
  perEpoch: 'the rate moves with every step; theirs with every epoch',
  shortcuts: 'shortcuts that change the size are 1x1 convolutions; theirs pool and pad with zeros',
};
