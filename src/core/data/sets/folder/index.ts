import * as z from 'zod';
import { plainPath, plainText } from '../../../text-schema';
import { defineDataset, extraKey } from '../../define-dataset';
import { fitPolicies } from '../../pictures/fit-picture';

const parameters = z.strictObject({
  name: z.enum(['folder']),
  folder: plainPath
    .min(1)
    .describe(
      'Folder with a folder of pictures for each class, or with folders train and test (or val) that have those.',
    ),
  size: z
    .int()
    .min(1)
    .max(2048)
    .optional()
    .describe(
      'Pixels of a side that every picture is scaled to. Absent: all pictures have one size, and keep it.',
    ),
  resize: z
    .enum(fitPolicies)
    .optional()
    .describe(
      'How pictures that are no squares become one: squash scales both sides, crop scales the shorter side and takes the middle, pad scales the longer side and adds black. Absent: there are none.',
    ),
  channels: z
    .literal([1, 3])
    .default(3)
    .describe('3: red, green, blue; 1: grey. Pictures of the other kind are converted.'),
  classNames: z
    .array(plainText.min(1))
    .min(1)
    .max(100_000)
    .optional()
    .describe('The folders of the classes in the order of their labels. Absent: by name.'),
  testShare: z
    .number()
    .gt(0)
    .max(1)
    .default(0.2)
    .describe(
      'Share of each class that are test images, where no folders say it. With 1 all are, and nothing can be trained on.',
    ),
  seed: z
    .int()
    .min(0)
    .max(4_294_967_295)
    .default(0)
    .describe('Decides, with the name of a picture, which share it is in, and the order of the images.'),
  trainCount: z.int().min(1).optional().describe('Use the first N training images. Absent: all.'),
  testCount: z.int().min(1).optional().describe('Use the first N test images. Absent: all.'),
  maxDamaged: z
    .int()
    .min(0)
    .max(1_000_000)
    .default(0)
    .describe('So many pictures that can not be used are left out; more of them are an error.'),
  normalization: z
    .enum(['pictures', 'imagenet'])
    .default('pictures')
    .describe(
      'Mean and standard deviation for the first layer of the network: of up to 500 training images, or those of ImageNet.',
    ),
  extra: extraKey,
});
export type FolderParameters = z.output<typeof parameters>;

/** The user's own pictures, a folder a class. */
export const folder = defineDataset({
  name: 'folder',
  title: 'Folder of pictures',
  parameters,
  forNetwork: async (given, network) => (await import('./for-network')).folderForNetwork(given, network),
  open: async (given, options) => (await import('./open')).openFolder(given, options),
});
