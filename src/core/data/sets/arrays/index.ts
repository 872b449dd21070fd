import * as z from 'zod';
import { plainPath, plainText } from '../../../text-schema';
import { defineDataset, extraKey } from '../../define-dataset';

const file = plainPath.min(1).optional();
const count = z.int().min(1).optional();

const arraysParameters = z
  .strictObject({
    name: z.enum(['arrays']),
    file: file.describe(
      'A .npz with images and labels, under the names that Keras, MedMNIST or numpy.savez give them: x_train and y_train, ' +
        'train_images and train_labels, images and labels, image and label, arr_0 and arr_1; the same of test and val.',
    ),
    images: file.describe(
      'Instead of `file`: a .npy of training images, uint8 or float in [0, 1]; [N, H, W, C], [N, C, H, W] or [N, H, W].',
    ),
    labels: file.describe('Their labels, a .npy of whole numbers from 0: [N] or [N, 1].'),
    testImages: file.describe('The same of the test images. Default: some of the training images.'),
    testLabels: file.describe('Their labels.'),
    testShare: z
      .number()
      .gt(0)
      .max(1)
      .default(0.2)
      .describe(
        'Where there are no test images: the share of the images that is kept for tests. With 1 all are, and nothing can be trained on.',
      ),
    seed: z
      .int()
      .min(0)
      .max(4_294_967_295)
      .default(0)
      .describe('Chooses them. It is not the seed of the experiment: attacks find the same ones.'),
    classNames: z
      .array(plainText.min(1).max(100))
      .min(2)
      .max(10_000)
      .optional()
      .describe('In the order of the labels. Default: their numbers.'),
    trainCount: count.describe('Use the first N training images. Default: all.'),
    testCount: count.describe('Use the first N test images. Default: all.'),
    extra: extraKey,
  })
  .superRefine(({ file: npz, images, labels, testImages, testLabels }, context) => {
    const complain = (key: string, message: string): void => {
      context.addIssue({ code: 'custom', path: [key], message });
    };
    const pair = images !== undefined || labels !== undefined;
    if (npz === undefined && !pair) complain('file', 'is missing: name a .npz, or `images` and `labels`');
    const others = { images, labels, testImages, testLabels };
    const [other] = Object.entries(others).find(([, value]) => value !== undefined) ?? [];
    if (npz !== undefined && other !== undefined) {
      complain(other, 'is given beside `file`, which has all images already; leave one out');
    }
    if (pair && images === undefined) complain('images', 'is missing: `labels` are of some');
    if (pair && labels === undefined) complain('labels', 'is missing: `images` need some');
    if ((testImages === undefined) !== (testLabels === undefined)) {
      const [key, there] =
        testImages === undefined ? ['testImages', 'testLabels'] : ['testLabels', 'testImages'];
      complain(key, `is missing beside \`${there}\``);
    }
  });
export type ArraysParameters = z.output<typeof arraysParameters>;

/** A user's own images in NumPy's files. */
export const arrays = defineDataset({
  name: 'arrays',
  title: 'NumPy arrays',
  parameters: arraysParameters,
  files: ['file', 'images', 'labels', 'testImages', 'testLabels'],
  open: async (parameters, options) => (await import('./open')).openArrays(parameters, options),
});
