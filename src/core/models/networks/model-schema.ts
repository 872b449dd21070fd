import * as z from 'zod';
import { plainPath } from '../../text-schema';

/**
 * What every network has. Where frameworks differ, the defaults are TensorFlow's, which files without these keys mean.
 */
const style = {
  activation: z
    .enum(['relu', 'silu', 'leaky-relu'])
    .default('relu')
    .describe(
      'The activation throughout: max(x, 0); x times its sigmoid (SiLU, Swish); or x where positive, else leakySlope times x.',
    ),
  leakySlope: z
    .number()
    .min(0)
    .max(1)
    .default(0.1)
    .describe(
      'Slope of leaky-relu below 0: 0.1 in the code of Madry et al. and of AVmixup. Others pass over it.',
    ),
  padding: z
    .enum(['tensorflow', 'pytorch'])
    .default('tensorflow')
    .describe(
      "Where a 3x3 convolution with stride 2 on an even size gets its zeros: below and to the right (TensorFlow's same), or on all sides (PyTorch's padding=1). All else is the same in both.",
    ),
  stem: z
    .enum(['3x3', '3x3-stride-2', '7x7-pool'])
    .optional()
    .describe(
      'The first convolution: 3x3; 3x3 with stride 2, which halves the image; or 7x7 with stride 2 and a 3x3 max-pool with ' +
        'stride 2 after it, which halve it twice. Absent: by the larger side of the images, up to 64, up to 128, above.',
    ),
  variance: z
    .enum(['biased', 'unbiased'])
    .default('biased')
    .describe(
      "What BatchNorm's running variance moves towards: the variance of the batch (Keras), or n / (n - 1) times that for n values a channel (PyTorch).",
    ),
};

/** Plain convolutional network: 3x3 Conv-BatchNorm-ReLU blocks, two max-pools, one average-pool, two dense layers. */
export const smallCnnParameters = z.strictObject({
  name: z.literal('small-cnn'),
  widths: z
    .array(z.int().min(1).max(4096))
    .length(4)
    .default([16, 32, 48, 96])
    .describe('Channels of the four convolutions.'),
  hidden: z.int().min(1).max(65_536).default(64).describe('Units of the hidden dense layer.'),
  ...style,
});

const stages = {
  blocks: z
    .array(z.int().min(1).max(64))
    .min(1)
    .max(6)
    .default([2, 2, 2, 2])
    .describe('Residual blocks in each stage.'),
  width: z
    .int()
    .min(1)
    .max(1024)
    .default(64)
    .describe('Channels of the first stage; each further stage doubles them.'),
};

/** Pre-activation ResNet, He et al. 2016. Depth 18 and width 64 is the usual PreAct-ResNet-18. */
export const preactResNetParameters = z.strictObject({
  name: z.literal('preact-resnet'),
  ...stages,
  ...style,
});

/** Residual network with activations after the sums, He et al. 2015. Depth 18 and width 64 is the usual ResNet-18. */
export const resnetParameters = z.strictObject({
  name: z.literal('resnet'),
  ...stages,
  ...style,
});

/** Wide residual network WRN-depth-width, Zagoruyko and Komodakis 2016. WRN-28-10 and WRN-34-10 are usual. */
export const wideResNetParameters = z.strictObject({
  name: z.literal('wide-resnet'),
  depth: z
    .int()
    .min(10)
    .max(400)
    .refine((depth) => depth % 6 === 4, 'must be 6n + 4, such as 10, 16, 28 or 34')
    .default(28)
    .describe('Convolutions on the longest path: 6n + 4, such as 10, 16, 28 or 34.'),
  width: z.int().min(1).max(64).default(10).describe('Channels of the stages over 16, 32 and 64.'),
  ...style,
});

export const modelParameters = z.discriminatedUnion('name', [
  smallCnnParameters,
  preactResNetParameters,
  resnetParameters,
  wideResNetParameters,
]);

/** A network of the user's own, from a file that the training begins with. */
const checkpointParameters = z.strictObject({
  name: z.literal('checkpoint'),
  file: plainPath
    .min(1)
    .describe(
      'Where the training begins: a TF.js layers model (a model.json or the folder that holds it, such as the checkpoint of a run), or an .onnx file. Checkpoints are of the same format.',
    ),
  head: z
    .enum(['auto', 'keep', 'new'])
    .default('auto')
    .describe(
      'The last dense layer: kept, or a new one with weights drawn by the seed; auto takes a new one where the data has another number of classes.',
    ),
  freeze: z
    .array(z.string().min(1).max(200))
    .max(100)
    .default([])
    .describe(
      'Names of layers that are not trained, of an ONNX file names of weights or nodes, with * for any characters: their weights stay, and so do the statistics of their BatchNorm.',
    ),
  variance: style.variance,
});

/** What an experiment trains: a network that is built, or one from a file. */
export const networkParameters = z.discriminatedUnion('name', [
  ...modelParameters.options,
  checkpointParameters,
]);

export type CheckpointParameters = z.output<typeof checkpointParameters>;
export type SmallCnnParameters = z.output<typeof smallCnnParameters>;
export type PreActResNetParameters = z.output<typeof preactResNetParameters>;
export type ResNetParameters = z.output<typeof resnetParameters>;
export type WideResNetParameters = z.output<typeof wideResNetParameters>;
/** As a file may say it: what is absent has its default. */
export type ModelParameters = z.input<typeof modelParameters>;
/** With every default filled in. */
export type CompleteModelParameters = z.output<typeof modelParameters>;
export type Stem = NonNullable<CompleteModelParameters['stem']>;

/**
 * The stem where the file says none. 3x3 up to 64: CIFAR's, also of MedMNIST at 28 (Yang et al. 2023) and of Tiny-ImageNet
 * (Wang et al. 2023); 7x7 with a max-pool as on ImageNet (He et al. 2015), of which torchvision's networks are. In between
 * there is no usage to follow: one halving keeps features as large as those of 64 pixels without one.
 */
export function usualStem(height: number, width: number): Stem {
  const side = Math.max(height, width);
  if (side <= 64) return '3x3';
  return side <= 128 ? '3x3-stride-2' : '7x7-pool';
}

/** What the layers of a network have in common. */
export type NetworkStyle = Pick<CompleteModelParameters, 'padding' | 'activation' | 'leakySlope'> & {
  readonly stem: Stem;
};
/** Parameters of a network whose images are known. */
export type Sized<Parameters> = Parameters & { readonly stem: Stem };
