import * as z from 'zod';
import { plainText } from '../../text-schema';

const side = z.int().min(1).max(8192);
const perChannel = z.array(z.number().min(-1e6).max(1e6)).min(1).max(4);

/** `*.m2at-model.json`: what a model wants as input and returns, where its own file does not say it. */
export const inputSpecFile = z
  .strictObject({
    $schema: z.string().optional(),
    layout: z
      .enum(['NHWC', 'NCHW'])
      .describe('Where the input has its channels: last (TensorFlow, Keras) or first (PyTorch).'),
    height: side.describe('Height of the input, pixels. Images of another size are resized bilinearly.'),
    width: side.describe('Width of the input, pixels.'),
    channels: z.int().min(1).max(4).describe('1 for grayscale, 3 for colour.'),
    range: z
      .tuple([z.number(), z.number()])
      .refine(([least, most]) => least < most, 'must grow')
      .describe('What black and white are, before mean and std: [0, 1], [0, 255] or [-1, 1].')
      .meta({
        examples: [
          [0, 1],
          [0, 255],
          [-1, 1],
        ],
      }),
    channelOrder: z
      .enum(['RGB', 'BGR'])
      .describe('BGR for networks that were ported from Caffe, such as VGG16 and ResNet50 of Keras.'),
    mean: perChannel.describe('Subtracted from each channel, after the range. In the order of the channels.'),
    std: z
      .array(z.number().min(1e-6).max(1e6))
      .min(1)
      .max(4)
      .describe('Each channel is divided by it, after the mean.'),
    outputName: plainText
      .min(1)
      .max(500)
      .describe('Of several outputs, the one with the class scores: its name in the model file.'),
    outputs: z
      .enum(['logits', 'probabilities'])
      .describe('Whether the output comes before or after a softmax.'),
    classNames: z.array(plainText.max(200)).min(1).max(100_000).describe('In the order of the outputs.'),
  })
  .partial();

export type InputSpecFile = z.output<typeof inputSpecFile>;

/** What is said of a model's input and output, each with where it is known from. */
export const inputKeys = [
  'layout',
  'size',
  'channels',
  'range',
  'mean',
  'std',
  'channelOrder',
  'classes',
  'outputName',
  'outputs',
] as const;
export type InputKey = (typeof inputKeys)[number];

/**
 * `file`: the model's file declares it, `graph`: it was recognised in the network's operations, `assumed`: nothing tells it,
 * and what is usual stands in.
 */
export const inputOrigins = ['flag', 'sidecar', 'metadata', 'file', 'graph', 'assumed'] as const;
export type InputOrigin = (typeof inputOrigins)[number];

/** The JSON schema (draft 7, VS Code's) of `*.m2at-model.json`. */
export function inputSpecJsonSchema(): Record<string, unknown> {
  return {
    ...z.toJSONSchema(inputSpecFile, { target: 'draft-7', io: 'input' }),
    title: 'M2AT model',
    description: 'What the model beside this file wants as input, and what it returns.',
  };
}
